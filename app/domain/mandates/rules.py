"""Permissions to see and keep the register of mandates and action lines, and how mandates are named."""

from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.core.permissions import Actor, Permission, access_rule
from app.domain.bodies.rules import is_secretary_anywhere
from app.domain.identity.rules import has_signed_in
from app.domain.mandates.models import Clause, Mandate, MandateKind, MandateSource
from app.domain.mandates.operative_words import localize_clause_label

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
