"""What the shop knows of a person: named column by column, handed out, and forgotten."""
