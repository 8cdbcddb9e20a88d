"""Messages that the secretariat of a body writes to its members, by e-mail: in several languages, from templates."""
