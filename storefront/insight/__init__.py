"""What the shop tells its owner: sales, forecasts, advice on what to reorder, how long work waits, reports."""
