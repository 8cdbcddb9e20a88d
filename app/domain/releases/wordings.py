"""Signed texts of released files: the portal signs which paragraphs it extracted from exactly which file.

A manifest cannot contain them, since a file may be read after its release. The read path shows no paragraph that is not
signed.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from app.core.canonical import canonical
from app.core.signing import PublicKey, Signer
from app.domain.releases.queries import Wording

FORMAT = "cwg-text/1"


def statement(sha256: str, paragraphs: Sequence[str]) -> bytes:
    """Build the statement that is signed."""
    return canonical({"format": FORMAT, "file": sha256, "paragraphs": list(paragraphs)})


def signed(sha256: str, paragraphs: Sequence[str], sign: Signer) -> Mapping[str, object]:
    """Sign the paragraphs of a file; return the values of their row."""
    signature = b64encode(sign.sign(statement(sha256, paragraphs))).decode()
    return {
        "sha256": sha256,
        "paragraphs": list(paragraphs),
        "signature": signature,
        "public_key": sign.public.text,
    }


def is_signed(wording: Wording, keys: Sequence[PublicKey]) -> bool:
    """Whether one of these keys signed exactly these paragraphs of this file."""
    try:
        signature = b64decode(wording.signature, validate=True)
    except ValueError:
        return False
    statement_bytes = statement(wording.sha256, wording.paragraphs)
    return any(key.text == wording.public_key and key.holds(signature, statement_bytes) for key in keys)
