"""Rendered macros are kept (`render_once`): only those that are one and the same for each page, else none is found
again and the cache fills with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

TEMPLATES = Path(__file__).parents[2] / "templates"
PARSER = Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"], autoescape=True)


def list_imported(tree: nodes.Template, *, with_context: bool) -> set[str]:
    """The names that a template imports from others in this way."""
    imports = (each for each in tree.find_all(nodes.FromImport) if each.with_context == with_context)
    return {name if isinstance(name, str) else name[1] for each in imports for name in each.names}


def list_kept(tree: nodes.Template) -> Iterator[str]:
    """The names of the macros that a template keeps."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "render_once":
            [macro, *_values] = call.args
            yield macro.name if isinstance(macro, nodes.Name) else "an expression"


def find_misused(source: str, *, is_page: bool) -> set[str]:
    """The macros that a template keeps though they are made again for each page: imported with the context of the page,
    or those of a page itself."""
    tree = PARSER.parse(source)
    lasting = list_imported(tree, with_context=False)
    if not is_page:
        lasting |= {each.name for each in tree.find_all(nodes.Macro)}
    return set(list_kept(tree)) - lasting


@pytest.mark.parametrize(
    ("source", "is_page", "misused"),
    [
        ('{% from "a.html" import row %}{{ render_once(row, 1) }}', True, set()),
        ('{% from "a.html" import row with context %}{{ render_once(row, 1) }}', True, {"row"}),
        ('{% from "a.html" import row as line with context %}{{ render_once(line, 1) }}', True, {"line"}),
        ("{% macro row(a) %}{% endmacro %}{{ render_once(row, 1) }}", True, {"row"}),
        ("{% macro row(a) %}{% endmacro %}{% macro b() %}{{ render_once(row, 1) }}{% endmacro %}", False, set()),
    ],
)
def test_a_macro_that_is_made_again_for_each_page_is_found(source: str, is_page: bool, misused: set[str]) -> None:
    assert find_misused(source, is_page=is_page) == misused


def test_no_template_keeps_a_macro_that_is_made_again_for_each_page() -> None:
    keeping = {path: text for path in TEMPLATES.rglob("*.html") if "render_once(" in (text := path.read_text())}
    misused = {
        str(path.relative_to(TEMPLATES)): found
        for path, text in keeping.items()
        if (found := find_misused(text, is_page="{% extends" in text))
    }
    assert len(keeping) > 5
    assert misused == {}


def test_no_template_that_is_imported_with_a_context_keeps_a_macro_of_its_own() -> None:
    trees = {str(path.relative_to(TEMPLATES)): PARSER.parse(path.read_text()) for path in TEMPLATES.rglob("*.html")}
    with_context = {
        each.template.value
        for tree in trees.values()
        for each in tree.find_all(nodes.FromImport)
        if each.with_context and isinstance(each.template, nodes.Const)
    }
    own = {
        name: kept
        for name in with_context
        if (kept := set(list_kept(trees[name])) & {each.name for each in trees[name].find_all(nodes.Macro)})
    }
    assert "web/documents/filters.html" in with_context
    assert own == {}
