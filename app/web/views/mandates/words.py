"""Names of mandates, clauses and action lines in words, and what is to be confirmed of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.core.db import LocalizedText
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.domain.mandates.models import (
    ActingParty,
    ActionLine,
    Clause,
    ClauseRhythm,
    FacilitatorRole,
    ItuRole,
    MandateKind,
    MandateSource,
)
from app.domain.mandates.queries import CitableText, list_confirmed_texts
from app.domain.mandates.rules import format_citation
from app.http.titles import localize_title

SOURCE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        MandateSource.PP: _("Plenipotentiary Conference"),
        MandateSource.COUNCIL: _("ITU Council"),
        MandateSource.WTSA: _("World Telecommunication Standardization Assembly"),
        MandateSource.WTDC: _("World Telecommunication Development Conference"),
        MandateSource.RA: _("Radiocommunication Assembly"),
        MandateSource.UNGA: _("United Nations General Assembly"),
        MandateSource.WSIS: _("World Summit on the Information Society"),
    }
)
KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        MandateKind.RESOLUTION: _p("mandate", "Resolution"),
        MandateKind.DECISION: _p("mandate", "Decision"),
        MandateKind.PARAGRAPH: _("Paragraph of the Tunis Agenda"),
    }
)
PARTY_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        ActingParty.COUNCIL: _("ITU Council"),
        ActingParty.GROUP: _("The group"),
        ActingParty.STUDY_GROUPS: _("Study groups"),
        ActingParty.ITU_T: _("ITU-T"),
        ActingParty.MEMBER_STATES: _("Member States"),
        ActingParty.MEMBERS: _("Member States and Sector Members"),
        ActingParty.GOVERNMENTS: _("Governments"),
        ActingParty.ORGANIZATIONS: _("Relevant organizations"),
        ActingParty.SECRETARY_GENERAL: _("Secretary-General"),
        ActingParty.GENERAL_SECRETARIAT: _("General Secretariat"),
        ActingParty.DIRECTORS: _("Directors of the Bureaux"),
        ActingParty.DIRECTOR_TSB: _("Director of TSB"),
        ActingParty.TSB: _("TSB"),
        ActingParty.SECRETARIAT: _("Secretariat"),
    }
)
RHYTHM_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        ClauseRhythm.ONCE: _("Once"),
        ClauseRhythm.YEARLY: _("Every year"),
        ClauseRhythm.ALWAYS: _("Continuously"),
    }
)
ITU_ROLE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        ItuRole.SOLE_FACILITATOR: _("Sole facilitator"),
        ItuRole.FACILITATOR: _("Facilitator"),
        ItuRole.CO_FACILITATOR: _("Co-facilitator"),
        ItuRole.PARTNER: _("Partner"),
    }
)


FACILITATOR_ROLE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        FacilitatorRole.LEADS: _("Lead facilitator"),
        FacilitatorRole.CO_FACILITATES: _("Co-facilitator"),
        FacilitatorRole.PARTNER: _("Partner"),
    }
)


@dataclass(frozen=True, slots=True)
class RegisterWords:
    """A text of the register in the reader's language, or another; `lang` is None if it is the reader's.

    Only pages of the register show what is to be confirmed, and say so.
    """

    text: str
    lang: str | None
    is_to_be_confirmed: bool


@dataclass(frozen=True, slots=True)
class CitedText:
    """A mandate, clause or action line that something cites, as pages outside the register name it."""

    code: str
    name: LazyText | str
    title: str
    lang: str | None
    href: str
    is_retired: bool


def localize_register_words(texts: LocalizedText, confirmed: Collection[str], language: str) -> RegisterWords:
    """Choose the text in the reader's language, confirmed or not, else a confirmed one, else any."""
    chosen = texts if language in texts else list_confirmed_texts(texts, confirmed) or texts
    text, lang = localize_title(chosen, language)
    return RegisterWords(text, lang, (lang or language) not in confirmed)


def name_citation(text: CitableText, language: str) -> CitedText:
    """Name what is cited, with its confirmed title."""
    title, lang = localize_title(text.titles, language)
    href = f"/mandates/{text.code}"
    return CitedText(
        text.code, format_citation(text.mandate, text.clause), title, lang if title else None, href, text.is_retired
    )


def name_action_line(line: ActionLine, language: str) -> CitedText:
    """Name an action line, with its confirmed name."""
    name, lang = localize_title(list_confirmed_texts(line.names, line.confirmed), language)
    return CitedText(line.code, line.code, name, lang if name else None, f"/action-lines/{line.code}", False)


def list_parties(clause: Clause) -> list[LazyText]:
    """List who acts under a clause."""
    return [PARTY_LABELS[code] for code in clause.acts]
