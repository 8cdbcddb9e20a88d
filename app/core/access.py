"""Who is asking, and whether they may. A permission is a value that carries its rule; a rule answers with an objection.

Rights are derived from the seats that a person holds at this moment, on every request, and never copied anywhere.
A permission has two halves: `who` (capacity and affiliation; a no is Forbidden) and `when` (the state of the thing;
a no is a Conflict). `app.domain.rights` collects every permission, for the table, the help page and the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from app.core.errors import Conflict, Forbidden
from app.core.i18n import Text

S_contra = TypeVar("S_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Seat:
    """A capacity or office that somebody holds today. `body` is None where it is held for the whole house."""

    role: str
    body: UUID | None
    entity: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A person as they stand at this moment: who they are by the token, and the seats that our roster gives them."""

    person: UUID
    name: str
    category: str
    entity: str
    seats: frozenset[Seat] = frozenset()
    locale: str | None = None

    def sits(self, body: UUID | None, *roles: str) -> bool:
        """Whether they hold one of these seats in that body."""
        return any(seat.body == body and seat.role in roles for seat in self.seats)

    def bodies(self, *roles: str) -> frozenset[UUID]:
        """The bodies in which they hold one of these seats; without roles, any seat."""
        return frozenset(
            seat.body for seat in self.seats if seat.body is not None and (not roles or seat.role in roles)
        )

    def capacities(self, body: UUID | None) -> tuple[str, ...]:
        """The capacities in which they act in that body, in a stable order; for the journal."""
        return tuple(sorted(seat.role for seat in self.seats if seat.body == body))


@dataclass(frozen=True, slots=True)
class Rule(Generic[S_contra]):
    """A sentence that is true or not of an actor and a thing; `objection` is said when it is not."""

    words: Text
    objection: Text
    holds: Callable[[Actor, S_contra], bool]
    parts: tuple["Rule[S_contra]", ...] = ()

    def sentences(self) -> tuple[Text, ...]:
        """The rule in words: one sentence for each part."""
        return tuple(text for part in self.parts for text in part.sentences()) if self.parts else (self.words,)

    def against(self, actor: Actor, subject: S_contra) -> Text | None:
        """The objection, or None if there is none."""
        for part in self.parts:
            if objection := part.against(actor, subject):
                return objection
        return None if self.holds(actor, subject) else self.objection


def rule(words: Text, *, unless: Text) -> Callable[[Callable[[Actor, S_contra], bool]], Rule[S_contra]]:
    """Make a rule of a plain function: `words` for the table of rights, `unless` for the person who meets a no."""

    def make(holds: Callable[[Actor, S_contra], bool]) -> Rule[S_contra]:
        return Rule(words, unless, holds)

    return make


def _always(_actor: Actor, _subject: object) -> bool:
    return True


def all_of(first: Rule[S_contra], *others: Rule[S_contra]) -> Rule[S_contra]:
    """Every one must hold; the first objection is said."""
    return Rule(first.words, first.objection, _always, (first, *others))


def any_of(*choices: Rule[S_contra]) -> Rule[S_contra]:
    """One must hold; if none does, the objection of the first is said."""

    def one_holds(actor: Actor, subject: S_contra) -> bool:
        return any(choice.against(actor, subject) is None for choice in choices)

    return Rule(choices[0].words, choices[0].objection, one_holds)


@dataclass(frozen=True, slots=True)
class Permission(Generic[S_contra]):
    """One thing that may be done: its name, its words, who may, and when."""

    name: str
    words: Text
    who: Rule[S_contra]
    when: Rule[S_contra] | None = None

    def require(self, actor: Actor, subject: S_contra) -> None:
        """Pass, or raise Forbidden (not this person) or Conflict (not now), saying why."""
        self.require_who(actor, subject)
        if self.when and (objection := self.when.against(actor, subject)):
            raise Conflict(objection)

    def require_who(self, actor: Actor, subject: S_contra) -> None:
        """Pass, or raise Forbidden. For doors that keep what was typed: whether it can be now is asked by the verb."""
        if objection := self.who.against(actor, subject):
            raise Forbidden(objection)

    def allows(self, actor: Actor, subject: S_contra) -> bool:
        """Whether there is a button."""
        return self.who.against(actor, subject) is None and (
            self.when is None or self.when.against(actor, subject) is None
        )
