"""Actors, rules and permissions. A permission is a value that carries its rules; a rule returns an objection or None.

Rights are derived on every request from the seats that a person holds at this moment, and never stored elsewhere. A
permission has two rules: one about the actor (capacity and affiliation; a no is Forbidden) and one about the state of
the subject (a no is Conflict). `app.domain.rights` collects all permissions for the table, the help page and the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from app.core.errors import Conflict, Forbidden
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _

S_contra = TypeVar("S_contra", contravariant=True)
BODY_HAS_ENDED = _("This group has ended. Its documents can be read; nothing new can begin in it.")


@dataclass(frozen=True, slots=True)
class Seat:
    """A capacity or office that a person holds today. `body` is None for an office of the whole system.

    In a body that has ended, a seat gives the right to read, and to what is left to be done; nothing begins there.
    """

    role: str
    body: UUID | None
    entity: str
    body_has_ended: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at this moment: identity from the token, and the seats that the roster gives them."""

    person: UUID
    name: str
    category: str
    entity: str
    seats: frozenset[Seat] = frozenset()
    locale: str | None = None

    def has_role(self, body: UUID | None, *roles: str) -> bool:
        """Return whether the actor holds one of these seats in that body."""
        return any(seat.body == body and seat.role in roles for seat in self.seats)

    def bodies_with_role(self, *roles: str) -> frozenset[UUID]:
        """Return the bodies in which the actor holds one of these seats; without roles, any seat."""
        return frozenset(
            seat.body for seat in self.seats if seat.body is not None and (not roles or seat.role in roles)
        )

    def is_in_ended_body(self, body: UUID | None) -> bool:
        """Return whether the body has ended, as far as the seats of the actor in it tell."""
        return any(seat.body == body and seat.body_has_ended for seat in self.seats)

    def capacities_in(self, body: UUID | None) -> tuple[str, ...]:
        """Return the capacities in which the actor acts in that body, sorted, for the journal."""
        return tuple(sorted(seat.role for seat in self.seats if seat.body == body))


@dataclass(frozen=True, slots=True)
class Rule(Generic[S_contra]):
    """A condition on an actor and a subject: its label for people, its predicate, and the reason given when it does
    not hold."""

    label: LazyText
    denied_because: LazyText
    predicate: Callable[[Actor, S_contra], bool]
    parts: tuple["Rule[S_contra]", ...] = ()

    def part_labels(self) -> tuple[LazyText, ...]:
        """Return the labels of the parts; of a rule without parts, its own."""
        return tuple(text for part in self.parts for text in part.part_labels()) if self.parts else (self.label,)

    def objection_to(self, actor: Actor, subject: S_contra) -> LazyText | None:
        """Return the reason why the rule does not hold, or None if it holds."""
        for part in self.parts:
            if objection := part.objection_to(actor, subject):
                return objection
        return None if self.predicate(actor, subject) else self.denied_because


def access_rule(
    label: LazyText, *, denied_because: LazyText
) -> Callable[[Callable[[Actor, S_contra], bool]], Rule[S_contra]]:
    """Return a decorator that makes a rule of a predicate.

    `label` is for the table of rights, `denied_because` for the person who is refused.
    """

    def make(holds: Callable[[Actor, S_contra], bool]) -> Rule[S_contra]:
        return Rule(label, denied_because, holds)

    return make


def _always(_actor: Actor, _subject: object) -> bool:
    return True


def all_of(first: Rule[S_contra], *others: Rule[S_contra]) -> Rule[S_contra]:
    """Combine rules that must all hold; the objection is that of the first that does not."""
    return Rule(first.label, first.denied_because, _always, (first, *others))


def any_of(*choices: Rule[S_contra]) -> Rule[S_contra]:
    """Combine rules of which one must hold; the objection is that of the first."""

    def one_holds(actor: Actor, subject: S_contra) -> bool:
        return any(choice.objection_to(actor, subject) is None for choice in choices)

    return Rule(choices[0].label, choices[0].denied_because, one_holds)


@dataclass(frozen=True, slots=True)
class Permission(Generic[S_contra]):
    """One action that may be permitted: its name, its label, the rule about the actor, and the rule about the
    subject.

    With `needs_recent_sign_in`, the guard of every route that declares the permission requires that the person has
    authenticated a short time ago; the rules themselves know no session. What is done with an `is_irreversible` one
    cannot be undone: every form of a route that declares it has a check page. What `begins_in_body` is refused in a
    body that has ended.
    """

    name: str
    label: LazyText
    actor_rule: Rule[S_contra]
    state_rule: Rule[S_contra] | None = None
    needs_recent_sign_in: bool = False
    is_irreversible: bool = False
    begins_in_body: bool = False

    def require(self, actor: Actor, subject: S_contra) -> None:
        """Raise Forbidden if the actor may not do this, Conflict if it cannot be done now."""
        self.require_rule_on_actor(actor, subject)
        if objection := self._objection_of_state(actor, subject):
            raise Conflict(objection)

    def objection_to(self, actor: Actor, subject: S_contra) -> LazyText | None:
        """Return the reason with which `require` would refuse, or None if it would pass."""
        return self.actor_rule.objection_to(actor, subject) or self._objection_of_state(actor, subject)

    def _objection_of_state(self, actor: Actor, subject: S_contra) -> LazyText | None:
        """Return why this cannot be done now: the body has ended, or the rule about the subject does not hold."""
        if self.begins_in_body and actor.is_in_ended_body(getattr(subject, "body_id", None)):
            return BODY_HAS_ENDED
        return self.state_rule.objection_to(actor, subject) if self.state_rule else None

    def require_rule_on_actor(self, actor: Actor, subject: S_contra) -> None:
        """Raise Forbidden if the actor may not do this. For forms that keep what was typed: the action itself checks
        the state."""
        if objection := self.actor_rule.objection_to(actor, subject):
            raise Forbidden(objection)

    def allows(self, actor: Actor, subject: S_contra) -> bool:
        """Return whether `require` would pass, which decides whether a button is shown."""
        return self.objection_to(actor, subject) is None
