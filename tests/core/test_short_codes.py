"""Short codes: read as they are typed, with every wrong character and every exchange found."""

from itertools import pairwise

from app.core.short_codes import ALPHABET, derive_short_code, format_short_code, parse_short_code

CODES = [derive_short_code(f"secret {number}") for number in range(200)]


def test_a_code_has_nine_characters_that_no_one_confuses_and_follows_from_its_secret() -> None:
    assert {len(code) for code in CODES} == {9}
    assert set("".join(CODES)) == set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)
    assert len(set(CODES)) == len(CODES)
    assert derive_short_code("secret 7") == CODES[7]


def test_a_code_is_read_with_hyphens_small_letters_and_what_looks_like_a_digit() -> None:
    code = next(code for code in CODES if "0" in code and "1" in code)
    typed = format_short_code(code).lower().replace("0", "o").replace("1", "l")

    assert parse_short_code(f" {typed} ") == code
    assert parse_short_code(code.replace("1", "I")) == code
    assert [parse_short_code(other) for other in ("", code[:-1], f"{code}0", "Amina Otieno", "é" * 9)] == [None] * 5


def test_a_wrong_character_and_an_exchange_of_two_are_found() -> None:
    code = CODES[0]
    wrong = [code[:at] + other + code[at + 1 :] for at in range(len(code)) for other in ALPHABET if other != code[at]]
    exchanged = [
        code[:at] + second + first + code[at + 2 :]
        for at, (first, second) in enumerate(pairwise(code))
        if first != second
    ]

    assert [parse_short_code(each) for each in (*wrong, *exchanged)] == [None] * (len(wrong) + len(exchanged))
