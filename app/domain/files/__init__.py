"""What is known of a file by its digest: verdicts of the virus scanner, and renditions for reading and searching."""
