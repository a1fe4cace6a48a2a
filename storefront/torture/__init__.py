"""`storefront torture`: a crowd of real buyers, a shop of its own, and something that breaks in the middle of it."""
