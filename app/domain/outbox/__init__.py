"""The outbox of a body: the e-mails that its members were sent, and what became of each."""
