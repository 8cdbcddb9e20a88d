"""The whole system on one machine, with an invented meeting. Never imported in production."""
