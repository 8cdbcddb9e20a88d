"""Words that were mistyped, and the nearest words of the texts that somebody may see."""

import time

import pytest

from app.core.search.spelling import correct_query, count_typing_errors

TEXTS = (
    "Internet exchange points and the locality of traffic",
    "Les câbles sous-marins et l’économie numérique",
    "Подводные кабели и стоимость транзита",
    "تكاليف العبور والإنترنت في البلدان النامية",
    "国际互联网公共政策问题",
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("exchnage", "exchange"),
        ("Internte exchnage", "internet exchange"),
        ('"exchange ponts" -trafic', '"exchange points" -traffic'),
        ("economei", "économie"),
        ("кабили стоимость транзыта", "кабели стоимость транзита"),
        ("النامبة", "النامية"),
        ("互连网", "互联网"),
        ("互联网公其证策", "互联网公共政策"),
        ("公政策问题", "公共政策问题"),
        ("互互联网", "互联网"),
        ("户联网 exchnage", "互联网 exchange"),
    ],
)
def test_a_typing_error_is_corrected_in_the_scripts_that_have_words(typed: str, meant: str) -> None:
    assert correct_query(typed, TEXTS) == meant


@pytest.mark.parametrize(
    "typed",
    [
        *("", "exchange", "exchanges", "économie", "ECONOMIE", "zebra", "кабилей", "22/8", "of"),
        *("互联网", "网络安全", "政测", "公其证策"),
    ],
)
def test_what_is_known_or_near_to_nothing_stays_as_it_was_typed(typed: str) -> None:
    assert correct_query(typed, TEXTS) is None


def test_of_two_words_as_near_the_more_frequent_one_is_meant() -> None:
    assert correct_query("cabel", ("cable", "label label")) == "label"
    assert correct_query("cabel", ("cable cable", "label")) == "cable"


@pytest.mark.parametrize(
    ("one", "other", "errors"), [("", "", 0), ("ab", "ba", 1), ("cable", "cables", 1), ("kitten", "sitting", 3)]
)
def test_typing_errors_are_counted(one: str, other: str, errors: int) -> None:
    assert count_typing_errors(one, other, 3) == count_typing_errors(other, one, 3) == errors
    assert count_typing_errors("cable", "zebra", 1) == 2


def test_a_long_query_of_unknown_words_costs_little() -> None:
    """Ten thousand words are known here, all of about its length; the bound leaves room for a slow machine."""
    letters = "abcdefghij"
    texts = [" ".join(f"{a}{b}{c}{d}word" for c in letters for d in letters) for a in letters for b in letters]
    chinese = ["".join(chr(0x4E00 + at % 50 + at // 1_000) for at in range(4_000)) for _ in range(50)]
    began = time.process_time()

    correct_query("zzzzword " * 30, texts)
    correct_query("丁丂七丄丅丆万丈 " * 30, chinese)

    assert time.process_time() - began < 4
