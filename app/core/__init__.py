"""Technical base of the system; knows no nouns of the domain."""
