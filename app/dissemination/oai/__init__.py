"""OAI-PMH 2.0, the protocol by which libraries harvest what a repository has: here, what was released."""
