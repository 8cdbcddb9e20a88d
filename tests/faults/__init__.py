"""What must hold when processes die: real ones, killed at moments that nobody chose for them."""
