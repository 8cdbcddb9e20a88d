"""What machines may record of requests: metrics and traces, without URLs, keys or content."""
