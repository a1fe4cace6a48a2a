"""Letters about sales: what stands in them, who gets them, and sending each once."""
