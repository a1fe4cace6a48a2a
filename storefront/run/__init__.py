"""How the shop runs: checks, preparation, the supervisor and the processes it keeps alive."""
