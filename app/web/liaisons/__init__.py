"""Pages of incoming liaison statements."""
