"""What programs of different organizations send each other: signed statements, and requests to addresses of others."""
