"""Words in six languages, questions of any kind, and passages with what was asked for marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.search.passages import marked, passages
from app.core.search.question import question
from app.core.search.vector import LARGEST, vector
from app.core.search.words import Sought, forms, words

SAMPLES = {
    "en": ("The Group considered proposals on connectivity", ["proposal", "CONNECTIVITY", "Considering"]),
    "fr": ("Les propositions relatives à la connectivité", ["proposition", "connectivite", "CONNECTIVITÉ"]),
    "es": ("Las propuestas de los niños en línea", ["propuesta", "nino", "LINEA"]),
    "ru": ("Предложения государств о расширении доступа; всё", ["предложение", "ДОСТУП", "все"]),
    "ar": ("نفاذ الدُّوَلِ الناميـــة إلى شبكة الإنترنت وأسماء الميادين", ["دول", "النامية", "انترنت", "اسماء"]),
    "zh": ("国际互联网公共政策问题工作组", ["互联网", "公共政策", "组"]),
}


@pytest.mark.parametrize(
    ("language", "asked"), [(language, asked) for language, (_, each) in SAMPLES.items() for asked in each]
)
def test_a_word_is_found_in_any_form(language: str, asked: str) -> None:
    text = SAMPLES[language][0]
    kept = {form for word in words(text, language) for form in word.forms}

    for term in question(asked).wanted:
        assert all(step & kept for step in term.steps)
    assert any(piece.marked for piece in marked(text, Sought(language, question(asked).forms())))


def test_the_conjunction_written_with_the_article_hides_no_word() -> None:
    assert forms("والإنترنت", "ar") & question("إنترنت").forms()


def test_letters_that_are_letters_of_their_own_stay() -> None:
    assert not forms("район", "ru") & question("раион").forms()


def test_phrases_words_and_what_must_not_be_there() -> None:
    asked = question('transit "landlocked countries" -roaming 互联网')

    assert asked.as_query() == (
        "(('trans' | 'transit')) & (('landlock' | 'landlocked') <-> ('countr' | 'countri')) & (('互联') & ('联网'))"
        " & !(('roam' | 'roaming'))"
    )


@pytest.mark.parametrize("typed", ["", "   ", "-only", '"', "''' & | ! <-> \\ :*", "()", "\x00", "-"])
def test_what_asks_for_nothing_is_no_query(typed: str) -> None:
    assert question(typed).as_query() is None


@given(st.text(max_size=400))
def test_any_text_is_a_question_and_can_be_kept(typed: str) -> None:
    query = question(typed).as_query()

    assert query is None or query.count("'") % 2 == 0
    kept = vector([("A", "en", typed), ("D", "ar", typed)])
    assert all(word.count("'") == 2 for word in kept.split(" ") if word)


@given(st.text(max_size=300), st.sampled_from(sorted(SAMPLES)))
def test_the_pieces_of_a_passage_are_the_text(text: str, language: str) -> None:
    assert "".join(piece.text for piece in marked(text, Sought(language, question(text).forms()))) == text


def test_a_long_text_is_kept_as_far_as_the_database_takes_it() -> None:
    kept = vector([("D", "en", " ".join(f"word{number}" for number in range(200_000)))])

    assert LARGEST / 2 < len(kept) < 2 * LARGEST


def test_a_passage_is_cut_around_the_first_word() -> None:
    long = "before " * 100 + "the transit costs " + "after " * 100

    (found,) = passages(["Nothing here.", long], Sought("en", question("transit").forms()))

    assert [piece.text for piece in found if piece.marked] == ["transit"]
    assert found[0].text == "… "
    assert found[-1].text == " …"
    assert sum(len(piece.text) for piece in found) < 300
