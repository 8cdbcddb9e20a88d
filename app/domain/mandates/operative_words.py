"""How clauses are called in the official languages, by the established operative words of resolutions.

A label is such a word with the number of the clause: “resolves 1”, “décide 1”. Arabic has two forms: of an assembly
(feminine), and of a conference or a council (masculine). What is made of no known words stays as it was entered.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_pgettext as _p
from app.domain.mandates.models import MandateSource

ASSEMBLIES = (MandateSource.WTSA, MandateSource.RA, MandateSource.UNGA)
WORDS_OF_ASSEMBLIES = (
    _p("clause of an assembly", "considering"),
    _p("clause of an assembly", "considering further"),
    _p("clause of an assembly", "recalling"),
    _p("clause of an assembly", "recognizing"),
    _p("clause of an assembly", "recognizing further"),
    _p("clause of an assembly", "noting"),
    _p("clause of an assembly", "resolves"),
    _p("clause of an assembly", "resolves to invite the Council"),
    _p("clause of an assembly", "instructs"),
    _p("clause of an assembly", "instructs the Director of TSB"),
    _p("clause of an assembly", "invites"),
    _p("clause of an assembly", "invites the Secretary-General"),
    _p("clause of an assembly", "invites Member States"),
    _p("clause of an assembly", "invites Member States and Sector Members"),
)
WORDS_OF_CONFERENCES = (
    _p("clause of a conference", "considering"),
    _p("clause of a conference", "considering further"),
    _p("clause of a conference", "recalling"),
    _p("clause of a conference", "recognizing"),
    _p("clause of a conference", "recognizing further"),
    _p("clause of a conference", "noting"),
    _p("clause of a conference", "resolves"),
    _p("clause of a conference", "resolves to invite the Council"),
    _p("clause of a conference", "instructs"),
    _p("clause of a conference", "instructs the Director of TSB"),
    _p("clause of a conference", "invites"),
    _p("clause of a conference", "invites the Secretary-General"),
    _p("clause of a conference", "invites Member States"),
    _p("clause of a conference", "invites Member States and Sector Members"),
)
AS_A_WHOLE = _p("clause", "as a whole")


def _index_words(words: tuple[LazyText, ...]) -> Mapping[str, LazyText]:
    return MappingProxyType({each.message: each for each in (*words, AS_A_WHOLE)})


OF_ASSEMBLIES, OF_CONFERENCES = _index_words(WORDS_OF_ASSEMBLIES), _index_words(WORDS_OF_CONFERENCES)
LABEL = re.compile(r"(?P<words>[^\d]+?)(?: (?P<number>(?:\d+|[a-z])(?:\([a-z\d]+\))*))?")
"""Words, and the number or letter of a clause with those below it: `resolves 1`, `considering further b(ii)`."""
SEPARATOR = " / "


def localize_clause_label(source: str, label: str) -> LazyText | None:
    """Return the label of a clause of a mandate with this source as it is called in each language; None if it is not
    made of known words alone. Two labels can be joined by a slash."""
    known = OF_ASSEMBLIES if source in ASSEMBLIES else OF_CONFERENCES
    parts = [_localize_part(known, part) for part in label.split(SEPARATOR)]
    if None in parts or len(parts) > 2:
        return None
    if len(parts) == 1:
        return parts[0]
    return _p("clauses", "%(first)s / %(second)s", first=parts[0], second=parts[1])


def _localize_part(known: Mapping[str, LazyText], label: str) -> LazyText | None:
    found = LABEL.fullmatch(label)
    words = known.get(found["words"]) if found else None
    if found is None or words is None:
        return None
    return _p("clause", "%(words)s %(number)s", words=words, number=found["number"]) if found["number"] else words
