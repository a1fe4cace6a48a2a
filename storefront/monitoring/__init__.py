"""What machines watch the shop by: Prometheus metrics."""
