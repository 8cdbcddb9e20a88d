"""The digest under which secrets are stored and compared."""

import hashlib


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a text in hexadecimal: what is stored, sent or compared instead of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
