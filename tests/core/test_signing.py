"""Signatures of the portal: the test vectors of RFC 8032, and invalid keys."""

from base64 import b64encode, urlsafe_b64encode

import pytest

from app.core.signing import PublicKey, Signer, decode_key
from tests.ed25519_vectors import VECTORS, Vector
from tests.world import RECEIPT_KEY, RECEIPT_SIGNER


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_vectors_of_rfc_8032_are_signed_and_verified(vector: Vector) -> None:
    signer = Signer.from_secret("https://portal.example", b64encode(vector.secret).decode())

    assert signer.public_key.raw == vector.public
    assert signer.sign(vector.message) == vector.signature
    assert signer.public_key.verify(vector.signature, vector.message)
    assert not signer.public_key.verify(vector.signature, vector.message + b".")


def test_a_key_may_be_written_in_either_alphabet_padded_or_not() -> None:
    raw = bytes(range(224, 256))

    for text in (b64encode(raw).decode(), urlsafe_b64encode(raw).decode(), urlsafe_b64encode(raw).decode().rstrip("=")):
        assert decode_key(text) == raw


@pytest.mark.parametrize("text", ["", "AAAA", RECEIPT_KEY + "AAAA", "!" + RECEIPT_KEY, RECEIPT_KEY[:-2], "ключ" * 11])
def test_an_invalid_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="32 bytes in base64"):
        decode_key(text)


def test_earlier_keys_stay_published_once_after_the_current_one() -> None:
    earlier = PublicKey(bytes(32))
    signer = Signer.from_secret(RECEIPT_SIGNER.portal, RECEIPT_KEY, [earlier.text, RECEIPT_SIGNER.public_key.text])

    assert signer.public_keys == (RECEIPT_SIGNER.public_key, earlier)
    assert len(earlier.id) == 16
    assert earlier.id != RECEIPT_SIGNER.public_key.id
