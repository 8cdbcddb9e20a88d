"""What the actor may do with a document now, as links on its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.documents import rules
from app.domain.documents.models import (
    Document,
    Edition,
    EditionStep,
)
from app.domain.documents.queries import documents
from app.domain.documents.queries.proposals import (
    get_part_number_of_edition,
)
from app.web.views.documents.editions import format_edition_slug

FOLLOW_UP_LABELS = {
    EditionStep.REVISION: _("Revision (Rev.)"),
    EditionStep.ADDENDUM: _("Addendum (Add.)"),
    EditionStep.CORRIGENDUM: _("Corrigendum (Corr.)"),
}
ACTION_GROUPS: Mapping[LazyText, Sequence[str]] = {
    _("New text"): (*FOLLOW_UP_LABELS, "translate"),
    _("Metadata"): ("titles", "correct", "relist", "relate"),
    _("Access"): ("open",),
    _("Withdraw or void"): ("withdraw", "void"),
}
"""The actions on a document by their group: steps that follow it, and moves."""
MAIN_ACTIONS = (EditionStep.REVISION, "translate")
"""What is most often done with a document: buttons, while the others are folded."""
ActionLink = tuple[str, LazyText, None]


@dataclass(frozen=True, slots=True)
class DocumentActionLinks:
    """The actions that the actor may do now: the `main` ones, and the others by their groups."""

    main: Sequence[ActionLink] = ()
    groups: Sequence[tuple[LazyText, Sequence[ActionLink]]] = ()


def list_action_links(actor: Actor, document: Document, edition: Edition) -> DocumentActionLinks:
    """List the links of the actions that the actor may do now; a group without any is left out."""
    document_path = f"/documents/{document.id}"
    edition_paths = {name: f"{document_path}/{format_edition_slug(edition)}/{name}" for name in ("translate", "relist")}
    moves = rules.list_open_moves(actor, document)
    if not has_proposals_in_force(document, edition):
        moves.pop("relist", None)
    if document.titles.keys() >= set(LANGUAGES):
        moves.pop("titles", None)
    links: dict[str, ActionLink] = {
        name: (edition_paths.get(name, f"{document_path}/{name}"), move.label, None) for name, move in moves.items()
    }
    if rules.FOLLOW.allows(actor, document):
        links |= {step: (f"{document_path}/follow/{step}", label, None) for step, label in FOLLOW_UP_LABELS.items()}
    main = [links.pop(name) for name in MAIN_ACTIONS if name in links]
    groups = [(heading, [links[name] for name in names if name in links]) for heading, names in ACTION_GROUPS.items()]
    return DocumentActionLinks(main, [(heading, found) for heading, found in groups if found])


def has_proposals_in_force(document: Document, edition: Edition) -> bool:
    """Whether the proposals of this edition count now: it is the text in force, or an addendum."""
    part = get_part_number_of_edition(edition)
    return part is not None and (part > 0 or edition.number == document.revision)


def can_support_document(session: ReadSession, actor: Actor, document: Document) -> bool:
    """Whether the actor's State can still support the text in force."""
    if not rules.SUPPORT.allows(actor, document):
        return False
    sponsors = documents.list_sponsors(session, documents.get_edition_in_force(session, document))
    return actor.entity not in {sponsor.entity for sponsor in sponsors}
