"""Heads of the ledger that clients noted, against the journal as it is now. No code is shared with the portal."""

import hashlib
from base64 import b64decode
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def find_head_faults(leaves: list[bytes], noted: Iterable[list[str]], public_key: str) -> Iterator[str]:
    """Yield a fault for each noted head that is not signed or not over the first lines of the journal as it is now.

    So each is consistent with each later one. No client was shown a smaller head than before.
    """
    roots = tree_roots(leaves)
    for by_one in noted:
        seen = 0
        for head in by_one:
            size = int(head.split("\n")[1])
            if not is_signed(head, public_key):
                yield f"the head of {size} lines is not signed as it should be"
            if size > len(leaves) or roots[size] != b64decode(head.split("\n")[2]):
                yield f"the head of {size} lines does not lead to the journal as it is now"
            if size < seen:
                yield f"the head of {seen} lines was followed by one of {size}"
            seen = max(seen, size)


def tree_roots(leaves: list[bytes]) -> list[bytes]:
    """Return the roots over the first 0, 1, 2 … leaves (RFC 9162, 2.1.1), in one pass: perfect trees, largest first."""
    found, peaks = [hashlib.sha256(b"").digest()], list[tuple[int, bytes]]()
    for leaf in leaves:
        size, above = 1, leaf
        while peaks and peaks[-1][0] == size:
            size, above = 2 * size, hashlib.sha256(b"\x01" + peaks.pop()[1] + above).digest()
        peaks.append((size, above))
        root = above
        for _, left in reversed(peaks[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        found.append(root)
    return found


def is_signed(head: str, public_key: str) -> bool:
    """Whether a note is signed with that key (C2SP signed-note: after an empty line dash, name, key id and signature).

    Without a key to compare with, any key is accepted.
    """
    text, _, lines = head.partition("\n\n")
    raw = b64decode(public_key)
    for line in lines.splitlines():
        _, name, signature = line.split(" ")
        given = b64decode(signature)
        if given[:4] != hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(given[4:], f"{text}\n".encode())
        except InvalidSignature:
            return False
        return True
    return not public_key
