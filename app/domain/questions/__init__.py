"""Questions: the parts of the work of a study group, each with a term, that contributions and documents are about."""
