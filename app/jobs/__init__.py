"""Work without anybody waiting; queued in the same transaction as the change that asks for it."""
