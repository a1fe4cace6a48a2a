"""What to order again, how much and by when; suppliers with their terms, and purchase orders that book stock."""
