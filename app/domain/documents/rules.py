"""Permissions for documents. Moves are data, used by the checks and the buttons of pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from app.core.access import Actor, Permission, all_of, any_of, rule
from app.core.i18n import Text, say
from app.domain.bodies.rules import DELEGATES, InBody, has_seat, is_delegate, is_from_elsewhere, is_secretary
from app.domain.documents.models import Access, Document, Ending, Side
from app.domain.identity.claims import Membership


class Opened(InBody, Protocol):
    """Protocol of documents and similar subjects that may be open to readers outside their body."""

    @property
    def access(self) -> str: ...

    @property
    def ended_as(self) -> str | None: ...


def open_to(category: str) -> tuple[Access, ...]:
    """Return the classes of access that people of this category may read without a seat."""
    return (Access.PUBLIC,) if category == Membership.EXTERNAL else (Access.MEMBERSHIP, Access.PUBLIC)


@rule(say("or it stands and was opened to their category"), unless=say("You have no seat in this body."))
def was_opened(actor: Actor, subject: Opened) -> bool:
    return subject.ended_as is None and subject.access in open_to(actor.category)


@rule(
    say("is a delegate of the State that submitted it, or a secretary of the body"),
    unless=say("Only the State that submitted this document, or the secretariat, may do this."),
)
def is_behind_it(actor: Actor, subject: Document) -> bool:
    return is_delegate.against(actor, subject) is None or is_secretary.against(actor, subject) is None


@rule(say("is a delegate of a State in the body"), unless=say("Only an accredited delegate may do this."))
def is_some_delegate(actor: Actor, subject: Document) -> bool:
    return actor.sits(subject.body_id, *DELEGATES)


@rule(say("it stands"), unless=say("This document was withdrawn, or its number is void. Nothing of it is given out."))
def stands(actor: Actor, subject: Document) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.ended_as is None


def side_of(actor: Actor, document: Document) -> Side:
    """Return in which capacity the actor acts on a document that `is_submitter_or_secretary` allows."""
    return Side.SUBMITTER if is_delegate.against(actor, document) is None else Side.SECRETARIAT


SEE = Permission("document:see", say("See registered documents of the body"), any_of(has_seat, was_opened))
READ = Permission("document:read", say("Download the files of a document"), SEE.who, stands)
REGISTER = Permission("document:register", say("Give a document its symbol"), is_secretary)
FOLLOW = Permission("document:follow", say("Revise, add to or correct a registered document"), is_behind_it, stands)
SUPPORT = Permission(
    "document:support",
    say("Say that one's own State supports a document"),
    all_of(is_some_delegate, is_from_elsewhere),
    stands,
)
ADD_EDITION = Permission(
    "document:add-edition", say("Register a revision, an addendum or a corrigendum"), is_secretary, stands
)
TRANSLATE = Permission("document:translate", say("Add a translation"), is_behind_it, stands)
RELATE = Permission("document:relate", say("Say to which other document it relates"), is_behind_it, stands)
OPEN = Permission("document:open", say("Change who may read a document"), is_behind_it, stands)
WITHDRAW = Permission("document:withdraw", say("Withdraw a document"), is_behind_it, stands)
CORRECT = Permission("document:correct", say("Correct title, abstract or topics on the register"), is_secretary, stands)
RELIST = Permission("document:relist", say("Correct the list of its proposals"), is_secretary, stands)
VOID = Permission("document:void", say("Declare a number void"), is_secretary, stands)
SEE_GAPS = Permission("register:explain", say("See which numbers are void or withdrawn, and why"), is_secretary)
SEE_DUE = Permission("document:see-due", say("See which translations are due"), is_secretary)


@dataclass(frozen=True, slots=True)
class Move:
    """Something that may be done with a registered document, and how the document ends if it ends thereby."""

    permission: Permission[Document]
    to: Ending | None = None

    @property
    def words(self) -> Text:
        """Text of the button."""
        return self.permission.words


MOVES: Mapping[str, Move] = MappingProxyType(
    {
        "translate": Move(TRANSLATE),
        "relate": Move(RELATE),
        "open": Move(OPEN),
        "correct": Move(CORRECT),
        "relist": Move(RELIST),
        "withdraw": Move(WITHDRAW, Ending.WITHDRAWN),
        "void": Move(VOID, Ending.VOID),
    }
)


def open_moves(actor: Actor, document: Document) -> dict[str, Move]:
    """Return the moves that the actor may make with the document now, by name, for the buttons of a page."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, document)}
