"""What must hold when processes die: real processes, killed at random moments."""
