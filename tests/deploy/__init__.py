"""How it runs beyond one machine."""
