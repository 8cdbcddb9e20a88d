"""Words in six languages, queries of any kind, and passages with highlighted matches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.search.highlighting import find_passages, highlight_text
from app.core.search.query_parser import parse_query
from app.core.search.tokenizer import WordFormMatcher, list_indexed_word_forms, tokenize_text
from app.core.search.tsvector import MAX_VECTOR_BYTES, build_tsvector

SAMPLES = {
    "en": ("The Group considered proposals on connectivity", ["proposal", "CONNECTIVITY", "Considering"]),
    "fr": ("Les propositions relatives à la connectivité", ["proposition", "connectivite", "CONNECTIVITÉ"]),
    "es": ("Las propuestas de los niños en línea", ["propuesta", "nino", "LINEA"]),
    "ru": ("Предложения государств о расширении доступа; всё", ["предложение", "ДОСТУП", "все"]),
    "ar": ("نفاذ الدُّوَلِ الناميـــة إلى شبكة الإنترنت وأسماء الميادين", ["دول", "النامية", "انترنت", "اسماء"]),
    "zh": ("国际互联网公共政策问题工作组", ["互联网", "公共政策", "组"]),
}


@pytest.mark.parametrize(
    ("language", "typed"), [(language, typed) for language, (_, each) in SAMPLES.items() for typed in each]
)
def test_a_word_is_found_in_any_form(language: str, typed: str) -> None:
    text = SAMPLES[language][0]
    word_forms = {form for word in tokenize_text(text, language) for form in word.forms}

    for term in parse_query(typed).required:
        assert all(step & word_forms for step in term.steps)
    assert any(
        piece.is_match for piece in highlight_text(text, WordFormMatcher(language, parse_query(typed).required_forms()))
    )


def test_a_conjunction_joined_to_the_article_does_not_hide_the_word() -> None:
    assert list_indexed_word_forms("والإنترنت", "ar") & parse_query("إنترنت").required_forms()


def test_distinct_letters_are_not_folded() -> None:
    assert not list_indexed_word_forms("район", "ru") & parse_query("раион").required_forms()


def test_phrases_words_and_exclusions_are_parsed() -> None:
    parsed = parse_query('transit "landlocked countries" -roaming 互联网')

    assert parsed.to_tsquery() == (
        "(('trans' | 'transit')) & (('landlock' | 'landlocked') <-> ('countr' | 'countri')) & (('互联') & ('联网'))"
        " & !(('roam' | 'roaming'))"
    )


@pytest.mark.parametrize("typed", ["", "   ", "-only", '"', "''' & | ! <-> \\ :*", "()", "\x00", "-"])
def test_a_text_without_words_is_no_query(typed: str) -> None:
    assert parse_query(typed).to_tsquery() is None


@given(st.text(max_size=400))
def test_any_text_is_parsed_and_indexed(typed: str) -> None:
    query = parse_query(typed).to_tsquery()

    assert query is None or query.count("'") % 2 == 0
    indexed = build_tsvector([("A", "en", typed), ("D", "ar", typed)])
    assert all(word.count("'") == 2 for word in indexed.split(" ") if word)


@given(st.text(max_size=300), st.sampled_from(sorted(SAMPLES)))
def test_the_pieces_of_a_passage_join_to_its_text(text: str, language: str) -> None:
    assert (
        "".join(
            piece.text for piece in highlight_text(text, WordFormMatcher(language, parse_query(text).required_forms()))
        )
        == text
    )


def test_a_long_text_is_indexed_up_to_the_limit_of_the_database() -> None:
    indexed = build_tsvector([("D", "en", " ".join(f"word{number}" for number in range(200_000)))])

    assert MAX_VECTOR_BYTES / 2 < len(indexed) < 2 * MAX_VECTOR_BYTES


def test_a_passage_is_cut_around_the_first_word() -> None:
    long = "before " * 100 + "the transit costs " + "after " * 100

    (passage,) = find_passages(["Nothing here.", long], WordFormMatcher("en", parse_query("transit").required_forms()))

    assert [piece.text for piece in passage if piece.is_match] == ["transit"]
    assert passage[0].text == "… "
    assert passage[-1].text == " …"
    assert sum(len(piece.text) for piece in passage) < 300
