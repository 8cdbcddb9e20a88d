"""The messages of pages, e-mails and files: no wording of `dialect.toml`, and the terms of `app/locale/terms.toml`."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.core.i18n import LANGUAGES
from app.core.terms import SOURCE_LABELS, TERMS

PROJECT_ROOT = Path(__file__).parents[2]
DIALECT = tomllib.loads((Path(__file__).parent / "dialect.toml").read_text(encoding="utf-8"))
WORDINGS, TYPOGRAPHY = DIALECT["wording"], DIALECT["typography"]


@cache
def list_forms(language: str, *, with_context: bool = True) -> tuple[tuple[str, str], ...]:
    """List each English message, and each form of its translation into a language."""
    with (PROJECT_ROOT / "app" / "locale" / f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    return tuple(
        (message.id if isinstance(message.id, str) else message.id[0], form)
        for message in catalogue
        if message.id and (with_context or not message.context)
        for form in ([message.string] if isinstance(message.string, str) else message.string)
    )


def strip_gender_and_article(name: str) -> str:
    """Strip the marks of gender, such as (e), the Arabic article and capital letters."""
    return re.sub(r"\(\w+\)|\bال", "", name).casefold()


def find_wording(wording: Mapping[str, object], text: str) -> str:
    """Return what a text has of a wording, unless its surroundings are allowed; empty without."""
    found = re.search(str(wording["found"]), text, re.IGNORECASE)
    allowed = wording.get("allowed", [])
    assert isinstance(allowed, list)
    return found[0] if found and not any(re.search(each, text, re.IGNORECASE) for each in allowed) else ""


def find_rivals(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield each message that uses another word than the term of a language: the term, the word, the message."""
    for term in TERMS:
        for rival in term.rivals.get(language, ()):
            for _english, form in list_forms(language):
                if found := re.search(rival, form, re.IGNORECASE):
                    yield term.names[language], found[0], form


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda each: str(each["plain"])[:40])
def test_no_message_is_in_the_old_dialect(wording: Mapping[str, object]) -> None:
    messages = [(found, form) for _english, form in list_forms("en") if (found := find_wording(wording, form))]

    assert messages == [], f"better: {wording['plain']}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_use_the_terms(language: str) -> None:
    assert list(find_rivals(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_that_is_a_term_has_the_name_of_the_term(language: str) -> None:
    """Only without a context: with one, the English word means something else. Gender and article do not count."""
    names = {term.names["en"].casefold(): strip_gender_and_article(term.names[language]) for term in TERMS}
    labels = {
        english: form
        for english, form in list_forms(language, with_context=False)
        if strip_gender_and_article(form) != names.get(english.casefold(), strip_gender_and_article(form))
    }

    assert labels == {}


@pytest.mark.parametrize("rule", TYPOGRAPHY, ids=lambda each: f"{each['language']}: {each['means']}"[:60])
def test_translations_follow_the_typography_of_their_language(rule: Mapping[str, str]) -> None:
    texts = [(english, form) for english, form in list_forms(rule["language"]) if re.search(rule["found"], form)]

    assert texts == [], rule["means"]


def test_what_is_counted_from_11_to_99_is_in_the_accusative_in_arabic() -> None:
    """Of the six forms of the catalogue the last is for these numbers, and the fifth for 100 to 102."""
    forms: dict[str, list[str]] = {}
    for english, form in list_forms("ar"):
        forms.setdefault(english, []).append(form)
    swapped = [
        words
        for words in forms.values()
        if len(words) == 6
        for hundred, eleven in zip(words[4].split(), words[5].split(), strict=False)
        if hundred != eleven and hundred.rstrip(".؛،:").endswith(("ً", "اً"))
    ]

    assert swapped == []


def test_no_template_adds_a_colon_to_a_message() -> None:
    """In French, a space precedes it: it belongs to the message."""
    added = re.compile(r"""_\("[^"]*"\)( \| text)? }}:""")
    templates = (PROJECT_ROOT / "templates").rglob("*.html")
    found = [(path.name, match[0]) for path in templates for match in added.finditer(path.read_text(encoding="utf-8"))]

    assert added.search('{{ _("Read here") }}: {{ name }}')
    assert found == []


def test_every_term_has_a_name_in_each_language_and_a_source() -> None:
    assert all(term.names.keys() == set(LANGUAGES) and all(term.names.values()) for term in TERMS)
    assert {term.source for term in TERMS} == SOURCE_LABELS.keys()
    for language in LANGUAGES:  # one word, one meaning
        assert len({term.names[language] for term in TERMS}) == len(TERMS)


@pytest.mark.parametrize(("text", "found"), [("Leave; nothing is saved", True), ("Delete the draft", False)])
def test_a_wording_of_the_list_is_found(text: str, found: bool) -> None:
    assert any(find_wording(each, text) for each in WORDINGS) is found
