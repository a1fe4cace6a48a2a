"""Products, variants, categories, pictures."""
