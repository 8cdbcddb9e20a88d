"""Short codes that people type and scanners read: eight characters of Crockford's base 32, and his check symbol.

The alphabet has no I, L, O and U; who types these is understood. The check symbol, the number modulo 37, finds every
wrong character and every exchange of two. It needs five symbols more than the alphabet has: numbers to which one of
these belongs are passed over, so that a code consists of digits and letters. 40 bits cannot be guessed where each guess
is made by a person who may see the answer anyway.
"""

from hashlib import sha256
from itertools import count

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS = 8
CHECK_MODULUS = 37
BITS_OF_CHARACTER = 5
_AS_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})


def derive_short_code(secret: str) -> str:
    """Derive the code that follows from a secret, without hyphens."""
    numbers = (_take_number(f"{secret} {attempt}") for attempt in count())
    return next(_write(number) for number in numbers if number % CHECK_MODULUS < len(ALPHABET))


def format_short_code(code: str) -> str:
    """Format a code for people, in groups of three: `7K3-M9Q-XTC`."""
    return "-".join(code[start : start + 3] for start in range(0, len(code), 3))


def parse_short_code(typed: str) -> str | None:
    """Parse the code that a person typed or a scanner read; None if it is none, also if a character is wrong."""
    code = typed.strip().upper().translate(_AS_TYPED)
    if len(code) != CHARACTERS + 1 or not set(code) <= set(ALPHABET):
        return None
    number = 0
    for character in code[:CHARACTERS]:
        number = number << BITS_OF_CHARACTER | ALPHABET.index(character)
    return code if _write(number) == code else None


def _take_number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()) >> 256 - CHARACTERS * BITS_OF_CHARACTER


def _write(number: int) -> str:
    """Write a number with its check symbol; empty if that is not in the alphabet."""
    check = number % CHECK_MODULUS
    if check >= len(ALPHABET):
        return ""
    shifts = range((CHARACTERS - 1) * BITS_OF_CHARACTER, -1, -BITS_OF_CHARACTER)
    return "".join(ALPHABET[number >> shift & len(ALPHABET) - 1] for shift in shifts) + ALPHABET[check]
