"""What the virus scanner said of files, by their digest. A file that it was not asked about has no line here."""
