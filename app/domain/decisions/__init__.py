"""What a meeting decides, the positions that States put on record with it, and what has to be done because of it."""
