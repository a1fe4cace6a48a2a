"""Forms of the desk, a module per area."""
