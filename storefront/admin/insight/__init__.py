"""What the pages of insight share: their sections, the span of days in the address, and how figures are shown."""
