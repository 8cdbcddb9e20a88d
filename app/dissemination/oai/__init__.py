"""OAI-PMH 2.0, the protocol by which libraries harvest the records of a repository: here, the released outputs."""
