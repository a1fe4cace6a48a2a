"""What the pictures show: one function per kind of thing, in units of a hundredth of the picture."""
