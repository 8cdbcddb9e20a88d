"""The worker: background jobs, each queued in the transaction of the change that causes it."""
