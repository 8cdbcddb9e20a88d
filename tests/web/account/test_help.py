"""Help is public, and the table of rights is built from the rules."""

import io
from collections.abc import Callable
from html import unescape
from pathlib import Path

import docx
import pytest

from app.core.i18n import LANGUAGES, LazyText
from app.core.inspection import DOCX
from app.domain.rights import COLUMNS, ROWS, is_allowed
from app.web.account.guides import GUIDES
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]


PROJECT_ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "path", ["/help", "/help/rights", "/help/deadlines", "/help/glossary", "/help/contacts", "/help/chairing"]
)
def test_help_is_public_and_shows_who_is_signed_in(english: Open, path: str) -> None:
    stranger, amina = english().get(path), english("amina").get(path)

    assert (stranger.status_code, amina.status_code) == (200, 200)
    assert 'href="/sign-in"' in stranger.text
    assert "Signed in as Amina" in amina.text
    assert english().get(f"{path}?lang=ar").text.startswith('<!doctype html>\n<html lang="ar" dir="rtl">')


def test_the_table_lists_the_holders_of_every_right(english: Open) -> None:
    lines = unescape(english().get("/help/rights").text).split("</table>")[0].split('<tr data-right="')[1:]
    assert len(lines) == len(ROWS)

    for row, line in zip(ROWS, lines, strict=True):
        assert line.startswith(row.permission.name)
        assert str(row.permission.label) in line
        listed = [item.split("</li>")[0] for item in line.split("<li>")[1:]]
        assert listed == ([str(each.words) for each in COLUMNS if is_allowed(row, each)] or ["No one"])


def test_conditions_are_written_out(english: Open) -> None:
    page = english().get("/help/rights").text

    assert "two different people have approved exactly this text" in page


def test_the_grace_period_is_the_configured_one(english: Open) -> None:
    assert "within 30 minutes after the deadline" in english().get("/help/deadlines").text


def list_quoted_names() -> list[LazyText]:
    return [
        name for guide in GUIDES for step in guide.steps for name in step.values.values() if isinstance(name, LazyText)
    ]


def test_every_button_that_a_guide_names_is_on_a_page() -> None:
    guides = PROJECT_ROOT / "app" / "web" / "account" / "guides.py"
    paths = [*(PROJECT_ROOT / "app" / "web").rglob("*.py"), *(PROJECT_ROOT / "templates").rglob("*.html")]
    shown = "".join(
        path.read_text(encoding="utf-8")
        for path in [*paths, PROJECT_ROOT / "app/http/authentication.py"]
        if path != guides
    )

    assert len(list_quoted_names()) > 20
    assert [name.message for name in list_quoted_names() if f'_("{name.message}"' not in shown] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guide_quotes_buttons_in_the_words_of_its_language(english: Open, language: str) -> None:
    page = unescape(english().get(f"/help/first-contribution?lang={language}").text)

    for step in GUIDES[0].steps:
        assert step.translate(language) in page
        for name in step.values.values():
            assert isinstance(name, LazyText)
            assert name.translate(language) in step.translate(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_template_of_each_language_is_offered_with_the_first_contribution(
    english: Open, language: str
) -> None:
    stranger, address = english(), f"/help/contribution-template-{language}.docx"

    template = stranger.get(address)

    assert f'href="{address}"' in stranger.get("/help/first-contribution").text
    assert (template.status_code, template.headers["Content-Type"]) == (200, DOCX)
    assert f'filename="contribution-template-{language}.docx"' in template.headers["Content-Disposition"]
    assert docx.Document(io.BytesIO(template.content)).core_properties.language == language
    assert template.content == stranger.get(address).content
    assert stranger.get("/help/contribution-template-de.docx").status_code == 404


def test_contacts_are_those_of_the_reader(world: World, english: Open) -> None:
    joseph, ines = world.person("joseph"), world.person("ines")

    amina, rafael, stranger = (english(who).get("/help/contacts").text for who in ("amina", "rafael", None))

    assert joseph.email in amina
    assert joseph.email not in rafael
    for page in (amina, rafael):
        assert ines.name in page
    assert joseph.name not in stranger
    assert ines.name not in stranger


def test_the_table_of_rights_shows_those_of_the_reader_first(english: Open) -> None:
    def list_rights(who: str, query: str = "") -> tuple[str, ...]:
        page = unescape(english(who).get(f"/help/rights{query}").text).split("</table>")[0]
        return tuple(each.split('"')[0] for each in page.split('<tr data-right="')[1:])

    secretary = next(column for column in COLUMNS if column.key == "secretary")

    assert list_rights("ines") == tuple(row.permission.name for row in ROWS if is_allowed(row, secretary))
    assert set(list_rights("rafael")) < set(list_rights("rafael", "?all=yes")) == {row.permission.name for row in ROWS}
    assert "outputs" not in " ".join(list_rights("wambui"))
