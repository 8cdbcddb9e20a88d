"""The floor of a meeting while a session sits: the item it is at, who speaks, who waits, and for how long."""
