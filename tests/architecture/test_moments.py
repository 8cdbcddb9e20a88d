"""Every time that people read comes through `app.http.moments`: templates and modules write none of their own."""

import ast
import re

import pytest

from tests.architecture.source_code import PROJECT_ROOT, list_modules

TEMPLATES = sorted((PROJECT_ROOT / "templates").rglob("*.html"))
OWN_TIMES = (
    (r"<time\b", "an element of its own: use when, short_when, exact_when, day, day_range or hours"),
    (r"\.isoformat\(", "a date for machines: the element of `when` has it"),
    (r"strftime|strptime", "a format of its own"),
    (r"\bseconds=", "seconds: use exact_when, in a proof alone"),
    (r"[\"']UTC[\"']", "UTC: use the zone of the meeting, or reader_zone.zone, or seat_zone"),
    (r"\bfirst=day\(", "a range of days that is glued: use day_range"),
    (r"}} minutes?{%", "a number of minutes: use duration"),
)
EXACT = {
    *("parts/released.html", "parts/tombstone.html"),  # what was released
    *("print/adoption.html", "web/silence/record.html"),  # how it was adopted
    *("web/contributions/show.html", "web/receipts/facts.html", "web/receipts/place.html"),  # what was received
    "web/record/show.html",  # when it was recorded
}
"""Templates with seconds: each proves something to the second, and none is a list."""
FOR_MACHINES = {
    "app.http.security_txt",
    "app.core.canonical_json",
    "app.demo.organization",  # letters of a program
    "app.backup.create",
    "app.backup.prune",  # names of folders
    "app.dissemination.citations",  # RIS
    "app.dissemination.oai.requests",
    "app.web.meetings.sessions",  # fields of forms
    "app.web.outputs.releases",
    "app.web.silence.pages",
    "app.web.views.meetings.badges",  # addresses of sheets
}
"""Modules that format times for programs and for fields of forms."""


def find_own_times(text: str) -> list[str]:
    """List what is wrong with the times of a template; comments are left out."""
    source = re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)
    return [wrong for pattern, wrong in OWN_TIMES if re.search(pattern, source)]


@pytest.mark.parametrize(
    "template",
    [
        '<time datetime="{{ at.isoformat() }}">{{ when(at, zone) }}</time>',
        "{{ at.strftime('%H:%M') }}",
        "{{ when(at, zone, seconds=true) }}",
        '{{ when(at, "UTC") }}',
        "{% trans first=day(a), last=day(b) %}{{ first }} to {{ last }}{% endtrans %}",
        "{% trans %}{{ count }} minutes{% endtrans %}",
    ],
)
def test_a_time_of_its_own_is_found(template: str) -> None:
    assert find_own_times(template)


def test_a_template_writes_no_time_of_its_own() -> None:
    found = {
        str(path.relative_to(PROJECT_ROOT)): own_times
        for path in TEMPLATES
        if (own_times := find_own_times(path.read_text(encoding="utf-8")))
    }
    assert len(TEMPLATES) > 300
    assert found == {}


def test_seconds_are_shown_where_they_prove_something() -> None:
    with_seconds = {
        str(path.relative_to(PROJECT_ROOT / "templates"))
        for path in TEMPLATES
        if "exact_when(" in path.read_text(encoding="utf-8")
    }

    assert with_seconds == EXACT


def test_no_other_module_formats_times_for_people() -> None:
    formatting = {
        module.name
        for module in list_modules()
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.ImportFrom) and node.module == "babel.dates")
        or (isinstance(node, ast.Attribute) and node.attr == "strftime")
    }

    assert "app.http.moments" in formatting
    assert formatting - FOR_MACHINES == {"app.http.moments"}
