"""Bodies (groups), their admission rules, and their seats: accreditations and offices."""
