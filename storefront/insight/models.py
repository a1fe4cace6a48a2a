"""Tables of what is counted and foretold; the truth they are made from lies in the other domains."""
