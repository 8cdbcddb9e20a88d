"""Check pages of acts whose form is filled in first: the values come along, and "Cancel" leads back to the form.

The form is sent without `checked`; the check page sends it again with `checked=yes`, or with `checked=change` to show
the form as it was typed. An act without a form has its check page at an address of its own (`render_check_page`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import Form, Response

from app.core.i18n import LazyText
from app.domain.files.queries import ShownText
from app.http.page_context import ReadContext
from app.web.forms.checked_acts import CHECKED_ACTS

CheckedField = Annotated[Literal["", "yes", "change"], Form()]
"""Whether the form comes from its check page: `yes` to do it, `change` to go back; empty from the form itself."""


@dataclass(frozen=True, slots=True)
class QuotedText:
    """What a person wrote, as it will be kept: its label, the words, and their language."""

    label: LazyText
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class CheckPage:
    """What a check page says besides what `CHECKED_ACTS` says of the act.

    `crumbs` are (address, words), `facts` (label, value), `text` is what one decides on, whose files are at `back`
    and whose other languages at `action`. `warning` is what speaks against the act. `fields` are sent along. `back` is
    where "Cancel" leads if nothing was typed. `further_buttons` do the act and then something else: name, value and
    words of each; `links` lead to other acts on the same thing: (address, words).
    """

    act: str
    heading: LazyText
    crumbs: Sequence[tuple[str, LazyText | str]]
    what: LazyText
    button: LazyText
    action: str
    back: str
    facts: Sequence[tuple[LazyText, LazyText | str]] = ()
    quoted: QuotedText | None = None
    warning: LazyText | None = None
    text: ShownText | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    is_form: bool = False
    kind: str = "danger"
    further_buttons: Sequence[tuple[str, str, LazyText]] = ()
    links: Sequence[tuple[str, LazyText]] = ()


def list_hidden_fields(fields: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield name and value of each hidden field; of a field with several values, each."""
    for name, value in fields.items():
        yield from ((name, str(each)) for each in (value if isinstance(value, list | tuple) else [value]))


def render_check_page(context: ReadContext, page: CheckPage) -> Response:
    """Render a check page. Raises KeyError if the act is not in `CHECKED_ACTS`."""
    return context.render(
        "web/check.html", page=page, about=CHECKED_ACTS[page.act], fields=list(list_hidden_fields(page.fields))
    )
