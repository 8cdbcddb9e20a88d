"""Signed texts of released files: the portal signs which paragraphs it extracted from exactly which file.

A manifest cannot contain them, since a file may be read after its release. The read path shows no paragraph that is not
signed.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from app.core.canonical_json import to_canonical_json
from app.core.signing import PublicKey, Signer
from app.domain.releases.queries.catalogue_entries import SignedFileText

FILE_TEXT_FORMAT = "cwg-text/1"


def build_text_statement(sha256: str, paragraphs: Sequence[str]) -> bytes:
    """Build the statement that is signed."""
    return to_canonical_json({"format": FILE_TEXT_FORMAT, "file": sha256, "paragraphs": list(paragraphs)})


def sign_file_text(sha256: str, paragraphs: Sequence[str], signer: Signer) -> Mapping[str, object]:
    """Sign the paragraphs of a file; return the values of their row."""
    signature = b64encode(signer.sign(build_text_statement(sha256, paragraphs))).decode()
    return {
        "sha256": sha256,
        "paragraphs": list(paragraphs),
        "signature": signature,
        "public_key": signer.public_key.text,
    }


def is_file_text_signed(file_text: SignedFileText, keys: Sequence[PublicKey]) -> bool:
    """Whether one of these keys signed exactly these paragraphs of this file."""
    try:
        signature = b64decode(file_text.signature, validate=True)
    except ValueError:
        return False
    statement_bytes = build_text_statement(file_text.sha256, file_text.paragraphs)
    return any(key.text == file_text.public_key and key.verify(signature, statement_bytes) for key in keys)
