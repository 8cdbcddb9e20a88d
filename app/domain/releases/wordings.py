"""What the house signs of the text of a released file: that it read exactly these paragraphs in exactly this file.

A manifest cannot say it, since a file may be read after its release. The read path shows no passage that is not signed.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from app.core.canonical import canonical
from app.core.signing import PublicKey, Signer
from app.domain.releases.queries import Wording

FORMAT = "cwg-text/1"


def statement(sha256: str, paragraphs: Sequence[str]) -> bytes:
    """What is signed."""
    return canonical({"format": FORMAT, "file": sha256, "paragraphs": list(paragraphs)})


def signed(sha256: str, paragraphs: Sequence[str], sign: Signer) -> Mapping[str, object]:
    """The row of that text."""
    signature = b64encode(sign.sign(statement(sha256, paragraphs))).decode()
    return {
        "sha256": sha256,
        "paragraphs": list(paragraphs),
        "signature": signature,
        "public_key": sign.public.text,
    }


def is_signed(wording: Wording, keys: Sequence[PublicKey]) -> bool:
    """Whether one of these keys signed exactly this."""
    try:
        signature = b64decode(wording.signature, validate=True)
    except ValueError:
        return False
    said = statement(wording.sha256, wording.paragraphs)
    return any(key.text == wording.public_key and key.holds(signature, said) for key in keys)
