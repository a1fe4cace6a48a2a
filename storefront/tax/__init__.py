"""Tax: which rate goes with which country and class of goods."""
