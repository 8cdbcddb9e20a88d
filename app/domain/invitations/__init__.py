"""Invitations of people who have not signed in yet: a role in a body that waits for their verified e-mail address."""
