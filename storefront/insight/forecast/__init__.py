"""Weekly demand per variant: what it was, and what is to be expected. The arithmetic knows neither SQL nor Flask."""
