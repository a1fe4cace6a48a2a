"""People: users, roles, permissions, customers."""
