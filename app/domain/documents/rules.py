"""Permissions for documents. Moves are data, used by the checks and the buttons of pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of, any_of
from app.domain.bodies.rules import (
    DELEGATES,
    BelongsToBody,
    has_seat,
    is_delegate,
    is_from_another_entity,
    is_secretary,
)
from app.domain.documents.models import ActingSide, Document, DocumentAccess, DocumentEnding
from app.domain.identity.models.claims import MembershipCategory


class DocumentLike(BelongsToBody, Protocol):
    """Protocol of documents and similar subjects that may be open to readers outside their body."""

    @property
    def access(self) -> str: ...

    @property
    def ended_as(self) -> str | None: ...


def access_levels_open_to(category: str) -> tuple[DocumentAccess, ...]:
    """Return the classes of access that people of this category may read without a seat."""
    return (
        (DocumentAccess.PUBLIC,)
        if category == MembershipCategory.EXTERNAL
        else (DocumentAccess.MEMBERSHIP, DocumentAccess.PUBLIC)
    )


def is_wider_access(access: str, than: str) -> bool:
    """Return whether a class of access is open to more readers than another; classes are declared from fewest to
    most."""
    levels = list(DocumentAccess)
    return levels.index(DocumentAccess(access)) > levels.index(DocumentAccess(than))


@access_rule(
    _("or the document is not withdrawn or void, and is open to their category of membership"),
    denied_because=_("You have no role in this group."),
)
def is_open_to_category(actor: Actor, subject: DocumentLike) -> bool:
    return subject.ended_as is None and subject.access in access_levels_open_to(actor.category)


@access_rule(
    _("is a delegate of the State that submitted it, or a secretary of the body"),
    denied_because=_("Only the State that submitted this document, or the secretariat, may do this."),
)
def is_submitter_or_secretary(actor: Actor, subject: Document) -> bool:
    return is_delegate.objection_to(actor, subject) is None or is_secretary.objection_to(actor, subject) is None


@access_rule(_("is a delegate of a State in the body"), denied_because=_("Only an accredited delegate may do this."))
def is_delegate_in_body(actor: Actor, subject: Document) -> bool:
    return actor.has_role(subject.body_id, *DELEGATES)


@access_rule(
    _("the document is not withdrawn or void"),
    denied_because=_("This document was withdrawn, or its number is void. Its text is no longer available."),
)
def is_not_ended(actor: Actor, subject: Document) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.ended_as is None


@access_rule(
    _("the document was not made from an adopted text"),
    denied_because=_("This text was adopted. It changes only if the text from which it was made is changed."),
)
def is_not_sealed(actor: Actor, subject: Document) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not subject.sealed


is_open_to_change = all_of(is_not_ended, is_not_sealed)


def get_acting_side(actor: Actor, document: Document) -> ActingSide:
    """Return in which capacity the actor acts on a document that `is_submitter_or_secretary` allows."""
    return ActingSide.SUBMITTER if is_delegate.objection_to(actor, document) is None else ActingSide.SECRETARIAT


SEE = Permission("document:see", _("See registered documents of the body"), any_of(has_seat, is_open_to_category))
READ = Permission("document:read", _("Download the files of a document"), SEE.actor_rule, is_not_ended)
REGISTER = Permission("document:register", _("Assign a symbol to a document"), is_secretary, begins_in_body=True)
FOLLOW = Permission(
    "document:follow",
    _("Submit a revision, an addendum or a corrigendum to a registered document"),
    is_submitter_or_secretary,
    is_open_to_change,
)
SUPPORT = Permission(
    "document:support",
    _("Support a document on behalf of one’s own State"),
    all_of(is_delegate_in_body, is_from_another_entity),
    is_open_to_change,
    is_irreversible=True,
    begins_in_body=True,
)
ADD_EDITION = Permission(
    "document:add-edition",
    _("Register a revision, an addendum or a corrigendum"),
    is_secretary,
    is_open_to_change,
    begins_in_body=True,
)
TRANSLATE = Permission(
    "document:translate", _("Add a translation"), is_submitter_or_secretary, is_open_to_change, is_irreversible=True
)
RELATE = Permission("document:relate", _("Link a related document"), is_submitter_or_secretary, is_not_ended)
CHANGE_ACCESS = Permission(
    "document:open", _("Change access to a document"), is_submitter_or_secretary, is_open_to_change
)
WITHDRAW = Permission(
    "document:withdraw", _("Withdraw a document"), is_submitter_or_secretary, is_not_ended, is_irreversible=True
)
CORRECT = Permission(
    "document:correct", _("Correct the title, abstract or topics in the register"), is_secretary, is_open_to_change
)
SUPPLY_TITLES = Permission("document:titles", _("Enter the title in other languages"), is_secretary, is_open_to_change)
CORRECT_PROPOSALS = Permission(
    "document:relist", _("Correct the list of proposals in a document"), is_secretary, is_open_to_change
)
VOID = Permission("document:void", _("Void a number"), is_secretary, is_not_ended, is_irreversible=True)
SEE_NUMBER_GAPS = Permission(
    "register:explain", _("See which numbers have been voided or withdrawn, and why"), is_secretary
)
SEE_TRANSLATIONS_DUE = Permission("document:see-due", _("See which translations are due"), is_secretary)


@dataclass(frozen=True, slots=True)
class DocumentMove:
    """Something that may be done with a registered document, and how the document ends if it ends thereby."""

    permission: Permission[Document]
    ending: DocumentEnding | None = None

    @property
    def label(self) -> LazyText:
        """Text of the button."""
        return self.permission.label


MOVES: Mapping[str, DocumentMove] = MappingProxyType(
    {
        "translate": DocumentMove(TRANSLATE),
        "relate": DocumentMove(RELATE),
        "open": DocumentMove(CHANGE_ACCESS),
        "correct": DocumentMove(CORRECT),
        "titles": DocumentMove(SUPPLY_TITLES),
        "relist": DocumentMove(CORRECT_PROPOSALS),
        "withdraw": DocumentMove(WITHDRAW, DocumentEnding.WITHDRAWN),
        "void": DocumentMove(VOID, DocumentEnding.VOID),
    }
)


def list_open_moves(actor: Actor, document: Document) -> dict[str, DocumentMove]:
    """Return the moves that the actor may make with the document now, by name, for the buttons of a page."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, document)}
