"""The use case that ties cart, stock, orders and payments."""
