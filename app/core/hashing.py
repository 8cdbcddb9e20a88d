"""The digest under which secrets are stored and compared, and secrets that follow from another one."""

import hashlib
import hmac
from base64 import urlsafe_b64encode


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a text in hexadecimal: what is stored, sent or compared instead of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def derive_secret(secret: str, *, key: str, purpose: str) -> str:
    """Derive another secret of 256 bits, for this purpose: neither the secret nor the key leads to it alone."""
    derived = hmac.digest(key.encode(), f"{purpose} {secret}".encode(), "sha256")
    return urlsafe_b64encode(derived).rstrip(b"=").decode()
