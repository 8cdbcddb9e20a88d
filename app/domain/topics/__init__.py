"""Topics: the controlled vocabulary of what documents are about, one for the whole portal."""
