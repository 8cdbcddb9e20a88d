"""Tombstones: what remains of a withdrawn output, for pages and for programs.

Its files are gone; that it existed, and why it was withdrawn, stays. `withdrawn` shows them.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from urllib.parse import quote

from babel.lists import format_list

from app.core.db import LocalizedText
from app.core.errors import Gone
from app.core.i18n import DEFAULT_LANGUAGE, LazyText
from app.core.i18n import lazy_gettext as _
from app.dissemination.filters import FilterChoice
from app.domain.releases.queries.catalogue_entries import CatalogueFile, WithdrawnEntry
from app.http.labels import KIND_LABELS, ROLE_LABELS
from app.http.localization import Localizer

WITHDRAWN_FACET_VALUES: Mapping[str, Callable[[WithdrawnEntry], Iterable[int | str]]] = MappingProxyType(
    {
        "group": lambda withdrawn: (withdrawn.body,),
        "year": lambda withdrawn: (withdrawn.released_on.year,),
        "meeting": lambda withdrawn: (withdrawn.meeting,),
        "kind": lambda withdrawn: (withdrawn.kind,),
        "topic": lambda withdrawn: withdrawn.topics,
        "mandate": lambda withdrawn: dict.fromkeys(code.partition("/")[0] for code in withdrawn.mandates),
        "action_line": lambda withdrawn: withdrawn.action_lines,
        "question": lambda withdrawn: withdrawn.questions,
        "language": lambda withdrawn: (text.language for text in withdrawn.texts),
    }
)
"""Its facet values while it was released, like `facets.FACET_VALUES`."""


class WithdrawnOutputRequested(Gone):
    """The requested output was withdrawn."""

    def __init__(self, withdrawn: WithdrawnEntry) -> None:
        super().__init__(_("%(symbol)s was withdrawn.", symbol=withdrawn.symbol))
        self.withdrawn = withdrawn


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A withdrawn output as pages show it.

    `lang` is the language of the title if it differs from the page; `instead` is the symbol and path of its
    replacement, if that is in the catalogue, and `is_instead_withdrawn` says that it was withdrawn as well.
    `confirmed` is None if one person withdrew it alone.
    """

    symbol: str
    href: str
    title: str
    lang: str | None
    kind: LazyText | str
    body: str
    meeting: int
    adopted_on: date
    released_on: date
    withdrawn_on: date
    withdrawn_at: datetime
    reason: str
    reason_lang: str
    proposed: str
    confirmed: str | None
    instead: tuple[str, str] | None
    slug: str
    instead_slug: str | None
    is_instead_withdrawn: bool


def matches_choice(withdrawn: WithdrawnEntry, choice: FilterChoice) -> bool:
    """Tell whether a withdrawn output matched a choice while it was released."""
    return all(
        value in tuple(WITHDRAWN_FACET_VALUES[name](withdrawn)) for name, value in choice.selected_values().items()
    )


def build_tombstone(withdrawn: WithdrawnEntry, language: str, withdrawn_slugs: Container[str] = ()) -> Tombstone:
    """Build the tombstone of an output in a language. `withdrawn_slugs` are the slugs of all that were withdrawn."""
    titles, original = withdrawn.titles, withdrawn.original
    proposed, *confirmed = (format_capacities(each, language) for each in withdrawn.decided_by)
    instead = withdrawn.replaced_by_slug
    return Tombstone(
        symbol=withdrawn.symbol,
        href=output_path(withdrawn.slug),
        title=titles.get(language, titles[original]),
        lang=None if language in titles else original,
        kind=KIND_LABELS.get(withdrawn.kind, withdrawn.kind),
        body=localized_body_name(withdrawn.body_names, withdrawn.body, language),
        meeting=withdrawn.meeting,
        adopted_on=withdrawn.adopted_on,
        released_on=withdrawn.released_on,
        withdrawn_on=withdrawn.withdrawn_on,
        withdrawn_at=withdrawn.withdrawn_at,
        reason=withdrawn.reason,
        reason_lang=withdrawn.language,
        proposed=proposed,
        confirmed=confirmed[0] if confirmed else None,
        instead=(withdrawn.replaced_by or instead, output_path(instead)) if instead else None,
        slug=withdrawn.slug,
        instead_slug=instead,
        is_instead_withdrawn=instead in withdrawn_slugs,
    )


def output_path(slug: str) -> str:
    """Return the path of an output."""
    return f"/outputs/{quote(slug, safe='')}"


def localized_body_name(names: LocalizedText, code: str, language: str) -> str:
    """Return the name of a body in a language, else in English, else its code."""
    return names.get(language) or names.get(DEFAULT_LANGUAGE) or code


def format_capacities(codes: str, language: str) -> str:
    """Format the capacities in which a person decided, without a name: the read path shows none."""
    formats = Localizer(language)
    return str(
        format_list(
            [formats.translate_text(ROLE_LABELS.get(code, code)) for code in codes.split()], locale=formats.locale
        )
    )


def describe_withdrawn_output(withdrawn: WithdrawnEntry, number: int, origin: str) -> dict[str, object]:
    """Describe a withdrawn output for programs; field names as in the database, instants in UTC.

    `number` is that of the manifest of the withdrawal.
    """
    url = origin + output_path(withdrawn.slug)
    instead = withdrawn.replaced_by_slug
    return {
        "status": "withdrawn",
        "symbol": withdrawn.symbol,
        "kind": withdrawn.kind,
        "body": withdrawn.body,
        "meeting": withdrawn.meeting,
        "topics": list(withdrawn.topics),
        "mandates": list(withdrawn.mandates),
        "action_lines": list(withdrawn.action_lines),
        "questions": list(withdrawn.questions),
        "titles": withdrawn.titles,
        "original": withdrawn.original,
        "adopted_on": withdrawn.adopted_on.isoformat(),
        "released_at": withdrawn.released_at.isoformat(),
        "withdrawn_at": withdrawn.withdrawn_at.isoformat(),
        "reason": withdrawn.reason,
        "reason_language": withdrawn.language,
        "decided_by": [each.split() for each in withdrawn.decided_by],
        "alone": len(withdrawn.decided_by) == 1,
        "replaced_by": {"symbol": withdrawn.replaced_by, "url": origin + output_path(instead)} if instead else None,
        "url": url,
        "number": number,
        "manifest": f"{url}.manifest.json",
        "files": list(map(describe_file, withdrawn.texts)),
    }


def describe_file(file: CatalogueFile) -> dict[str, object]:
    """Describe a file for programs; `pdf` is there if it has one."""
    described: dict[str, object] = {
        "language": file.language,
        "media": file.media,
        "size": file.size,
        "sha256": file.sha256,
    }
    return described | ({"pdf": describe_file(file.pdf)} if file.pdf else {})


def filter_withdrawn(withdrawn_outputs: Sequence[WithdrawnEntry], choice: FilterChoice) -> Sequence[WithdrawnEntry]:
    """Return the withdrawn outputs that match a choice."""
    return [withdrawn for withdrawn in withdrawn_outputs if matches_choice(withdrawn, choice)]
