"""Style sheets: which a page links, and how many bytes it waits for."""

import gzip
import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, meta

from app.http.static_files import (
    SHARED_SHEETS,
    STATIC_FOLDER,
    StyleSheets,
    find_referenced_templates,
    find_styled_classes,
    shorten_style_sheet,
)
from app.http.templates import BASE_TEMPLATES

TEMPLATES = Path(__file__).parents[2] / "templates"
FRAME_BYTES, PAGE_BYTES, DESK_BYTES, SCRIPT_BYTES = 5_600, 12_500, 7_500, 16_500
"""Compressed bytes of the sheet of every page, of all sheets of one page, of those of the desk; a script as it is."""
SHEETS = sorted(path.name for path in STATIC_FOLDER.glob("*.css"))


def read(name: str) -> str:
    return (STATIC_FOLDER / name).read_text("utf-8")


def compressed(name: str) -> int:
    return len(gzip.compress(shorten_style_sheet(read(name)).encode(), 9, mtime=0))


def list_pages() -> list[str]:
    """Templates that are whole pages of one of the two sides."""
    found = (str(path.relative_to(TEMPLATES)) for path in sorted(TEMPLATES.rglob("*.html")))
    return [name for name in found if "{% extends base %}" in (TEMPLATES / name).read_text("utf-8")]


def sheets_of(page: str) -> list[str]:
    """What a page links in its head: the common sheet, those of its kind, and those that it names itself."""
    base = BASE_TEMPLATES["reading" if page.startswith("dissemination/") else "portal"]
    named = re.findall(r'stylesheet" href="{{ asset[(]"([^"]+)"', (TEMPLATES / page).read_text("utf-8"))
    return ["style.css", *StyleSheets(TEMPLATES, base).list_sheets(page), *named]


@pytest.mark.parametrize("name", [*SHEETS, *sorted(path.name for path in STATIC_FOLDER.glob("*.js"))])
def test_style_sheets_and_scripts_are_small_and_ask_for_nothing_else(name: str) -> None:
    text = read(name)

    assert len(text.encode()) < (SCRIPT_BYTES if name.endswith(".js") else 25_000)
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", text.replace("http://www.w3.org/2000/svg", ""))


@pytest.mark.parametrize("name", SHEETS)
def test_style_sheets_know_neither_left_nor_right(name: str) -> None:
    assert not re.search(r"(?:margin|padding|border)-(?:left|right)|(?<![-\w])(?:left|right):", read(name))


def test_no_page_waits_for_many_bytes_of_style() -> None:
    pages = list_pages()
    waits = {page: sum(map(compressed, sheets_of(page))) for page in pages}

    assert len(pages) > 120
    assert compressed("style.css") < FRAME_BYTES
    assert {page: size for page, size in waits.items() if size > PAGE_BYTES} == {}
    assert waits["web/home/desk.html"] < DESK_BYTES


def test_a_page_links_the_sheets_of_the_classes_that_its_parts_write() -> None:
    assert sheets_of("web/home/desk.html") == ["style.css", "lists.css"]
    assert sheets_of("web/outputs/new.html") == ["style.css", "forms.css", "addressees.css"]
    assert sheets_of("dissemination/outputs.html") == [
        *("style.css", "lists.css", "figures.css", "reading.css", "charts.css"),
    ]
    assert "text.css" in sheets_of("dissemination/output.html")


def test_what_a_template_refers_to_is_what_jinja_reads() -> None:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n"], autoescape=True)

    for path in TEMPLATES.rglob("*.html"):
        source = path.read_text("utf-8")
        read_by_jinja = {name or "" for name in meta.find_referenced_templates(environment.parse(source))}
        assert set(find_referenced_templates(source)) == read_by_jinja, path


def test_each_rule_of_a_shared_sheet_begins_with_a_class_of_that_sheet_alone() -> None:
    """Else a page could write the class without the sheet, or the sheet would be linked by nearly every page."""
    classes = {name: find_styled_classes(read(name)) for name in ("style.css", *SHARED_SHEETS)}

    for name in SHARED_SHEETS:
        others = [classes[other] for other in classes if other != name]
        assert "" not in classes[name], name
        assert classes[name].isdisjoint(frozenset().union(*others)), name


def test_the_classes_of_a_sheet_are_those_with_which_its_rules_begin() -> None:
    sheet = "/* .no { } */ @layer a { .b > .c, p.d:is(.e .f, .g) { } @media print { .h:not(.i)::after { } } td { } }"

    assert find_styled_classes(sheet) == {"b", "d", "h", ""}


def test_a_shortened_style_sheet_says_the_same() -> None:
    sheet = (
        '/* Why. */\n@media (min-width: 48rem) {\n.a  :is(b, .c) > p { inset: 0 calc(1px + 2px); content: " ↑"; }\n}\n'
    )

    assert shorten_style_sheet(sheet) == (
        '@media (min-width: 48rem){.a :is(b,.c) > p{inset: 0 calc(1px + 2px);content: " ↑";}}'
    )
