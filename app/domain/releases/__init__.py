"""What was let out to the membership: copies in schema `release`, and nothing else."""
