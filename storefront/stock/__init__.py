"""Stock: the ledger and the guard."""
