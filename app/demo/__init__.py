"""The whole house on one machine, with an invented meeting. Never imported in production."""
