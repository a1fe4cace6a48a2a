"""Orders, their lines and everything that happened to them."""
