"""How long work waits: the model (pure arithmetic), what is measured for it, and what it advises."""
