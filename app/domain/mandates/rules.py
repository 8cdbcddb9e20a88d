"""Permissions to see and keep the register of mandates and action lines, and how mandates and clauses are named.

The label of a clause is an operative word with a number: “resolves 1”. Pages call it by the established word of each
language: “décide 1”. Arabic has two forms: of an assembly (feminine), and of a conference or a council (masculine).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.core.permissions import Actor, Permission, access_rule
from app.domain.bodies.rules import is_secretary_anywhere
from app.domain.identity.rules import has_signed_in
from app.domain.mandates.models import Clause, Mandate, MandateKind, MandateSource

SOURCE_ABBREVIATIONS: Mapping[str, LazyText] = MappingProxyType(
    {
        MandateSource.PP: _p("mandate", "PP"),
        MandateSource.COUNCIL: _p("mandate", "Council"),
        MandateSource.WTSA: _p("mandate", "WTSA"),
        MandateSource.WTDC: _p("mandate", "WTDC"),
        MandateSource.RA: _p("mandate", "RA"),
        MandateSource.UNGA: _p("mandate", "UNGA"),
        MandateSource.WSIS: _p("mandate", "WSIS"),
    }
)


@access_rule(_("it can be cited"), denied_because=_("This has been retired. Restore it first."))
def is_not_retired(actor: Actor, subject: Mandate | Clause | None) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject is None or subject.retired_at is None


@access_rule(_("it was retired"), denied_because=_("This can already be cited."))
def is_retired(actor: Actor, subject: Mandate | Clause) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.retired_at is not None


SEE = Permission("mandate:see", _("See the register of mandates and action lines"), has_signed_in)
EDIT: Permission[Mandate | Clause | None] = Permission(
    "mandate:keep", _("Keep the register of mandates and action lines"), is_secretary_anywhere, is_not_retired
)
RETIRE: Permission[Mandate | Clause] = Permission(
    "mandate:retire", _("Retire a mandate or a clause"), is_secretary_anywhere, is_not_retired
)
RESTORE: Permission[Mandate | Clause] = Permission(
    "mandate:restore", _("Make a retired mandate or clause available again"), is_secretary_anywhere, is_retired
)


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


def format_designation(mandate: Mandate) -> LazyText:
    """Format what a mandate is called: its form, number and source."""
    source = SOURCE_ABBREVIATIONS[mandate.source]
    if mandate.kind == MandateKind.PARAGRAPH:
        return _("Tunis Agenda, paragraph %(number)s", number=mandate.number)
    if mandate.kind == MandateKind.DECISION:
        return _("%(source)s Decision %(number)s", source=source, number=mandate.number)
    return _("%(source)s Resolution %(number)s", source=source, number=mandate.number)


def format_citation(mandate: Mandate, clause: Clause | None) -> LazyText:
    """Format the short name of what is cited: the mandate, and the clause with the year of its version."""
    designation = format_designation(mandate)
    if clause is None:
        return designation
    label = localize_clause_label(mandate.source, clause.label) or clause.label
    return _("%(mandate)s (%(year)s), %(clause)s", mandate=designation, year=str(clause.year), clause=label)
