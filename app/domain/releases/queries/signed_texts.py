"""Signed texts of released files: the portal signs which paragraphs it extracted from exactly which file, and which of
these are headings.

A manifest cannot contain them, since a file may be read after its release. The read path shows no paragraph that is not
signed.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from app.core.canonical_json import to_canonical_json
from app.core.signing import PublicKey, Signer
from app.domain.releases.queries.catalogue_entries import SignedFileText

FILE_TEXT_FORMAT = "cwg-text/1"


def build_text_statement(sha256: str, paragraphs: Sequence[str], heading_levels: Sequence[int]) -> bytes:
    """Build the statement that is signed. `heading_levels` are left out if there are none, as in statements from before
    texts had them."""
    levels = {"heading_levels": list(heading_levels)} if heading_levels else {}
    return to_canonical_json({"format": FILE_TEXT_FORMAT, "file": sha256, "paragraphs": list(paragraphs), **levels})


def sign_file_text(
    sha256: str, paragraphs: Sequence[str], signer: Signer, heading_levels: Sequence[int] = ()
) -> Mapping[str, object]:
    """Sign the paragraphs of a file and their levels as headings, if one of them is a heading; return the values of
    their row."""
    levels = list(heading_levels) if any(heading_levels) else None
    signature = b64encode(signer.sign(build_text_statement(sha256, paragraphs, levels or ()))).decode()
    return {
        "sha256": sha256,
        "paragraphs": list(paragraphs),
        "heading_levels": levels,
        "signature": signature,
        "public_key": signer.public_key.text,
    }


def is_file_text_signed(file_text: SignedFileText, keys: Sequence[PublicKey]) -> bool:
    """Whether one of these keys signed exactly these paragraphs of this file, with these headings."""
    try:
        signature = b64decode(file_text.signature, validate=True)
    except ValueError:
        return False
    statement_bytes = build_text_statement(file_text.sha256, file_text.paragraphs, file_text.heading_levels)
    return any(key.text == file_text.public_key and key.verify(signature, statement_bytes) for key in keys)
