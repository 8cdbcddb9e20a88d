"""The registration queue, narrowed and sorted as its reader asks for."""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, func, or_, select

from app.core.db import ReadSession
from app.core.inspection import FindingLevel
from app.core.permissions import Actor
from app.domain import member_states
from app.domain.bodies.queries.bodies import build_body_condition
from app.domain.contributions.inputs import RegistrationQueueFilter
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.contributions.queries.registration_queue import contributions_to_register
from app.domain.documents.models import EditionStep
from app.domain.identity.models.tables import MemberState
from app.domain.search.queries.sort_orders import build_entity_order

LEVELS_TO_REVIEW = (FindingLevel.DECIDE, FindingLevel.NOTE)
"""Levels of findings that a secretary reads before the registration, the worst first."""
HAS_FINDINGS = exists().where(
    ContributionFile.contribution_id == Contribution.id,
    or_(
        *(ContributionFile.findings.contains([{"level": str(level)}]) for level in LEVELS_TO_REVIEW),
        func.cardinality(ContributionFile.answers) > 0,
    ),
)
"""SQL condition: there is something to review in a file of the contribution, or it was answered at the submission."""


def select_registration_queue(actor: Actor, filters: RegistrationQueueFilter, language: str) -> Select[Contribution]:
    """Select what of the registration queue fits every filter, in the order that was asked for: of names in that
    language; the earliest submission first otherwise."""
    queue = contributions_to_register(actor)
    for name, condition in FILTER_CONDITIONS.items():
        if (value := getattr(filters, name)) is not None:
            queue = queue.where(condition(value, actor, language))
    return _order_queue(queue, filters.sort, language)


def _order_queue(queue: Select[Contribution], sort: str | None, language: str) -> Select[Contribution]:
    """Sort the queue; ties are broken by the submission, the earliest first. A `-` before the order reverses it."""
    if sort is None:
        return queue
    keys = SORT_KEYS[sort.removeprefix("-")](language)
    if sort.startswith("-"):
        keys = [key.desc() for key in keys]
    return queue.order_by(None).order_by(*keys, Contribution.submitted_at, Contribution.id)


def list_queue_sources(session: ReadSession, actor: Actor) -> Sequence[str]:
    """List the entities that have something in the registration queue."""
    entities = contributions_to_register(actor).order_by(None).with_only_columns(Contribution.entity).distinct()
    return session.scalars(entities).all()


def _has_words(words: str, _actor: Actor, language: str) -> ColumnElement[bool]:
    """Match the title, and the States that the words may mean."""
    title = Contribution.title.icontains(words, autoescape=True)
    return or_(title, Contribution.entity.in_(member_states.find_states(words, language)))


def _of_group(code: str, _actor: Actor, _language: str) -> ColumnElement[bool]:
    return build_body_condition(Contribution.body_id, code)


def _of_source(code: str, _actor: Actor, _language: str) -> ColumnElement[bool]:
    return Contribution.entity == code


def _of_region(region: str, _actor: Actor, _language: str) -> ColumnElement[bool]:
    return Contribution.entity.in_(select(MemberState.code).where(MemberState.region == region))


def _in_language(original: str, _actor: Actor, _language: str) -> ColumnElement[bool]:
    return Contribution.original == original


def _of_kind(kind: str, _actor: Actor, _language: str) -> ColumnElement[bool]:
    if kind in list(EditionStep):
        return Contribution.step == kind
    return and_(Contribution.series == kind, Contribution.step == EditionStep.TEXT)


def _with_findings(answer: str, _actor: Actor, _language: str) -> ColumnElement[bool]:
    return ~HAS_FINDINGS if answer == "none" else HAS_FINDINGS


def _came_late(_answer: str, _actor: Actor, _language: str) -> ColumnElement[bool]:
    return Contribution.late.is_(True)


def _assigned_to(answer: str, actor: Actor, _language: str) -> ColumnElement[bool]:
    return Contribution.assigned_to.is_(None) if answer == "none" else Contribution.assigned_to == actor.person


FILTER_CONDITIONS: MappingProxyType[str, Callable[[str, Actor, str], ColumnElement[bool]]] = MappingProxyType(
    {
        "words": _has_words,
        "group": _of_group,
        "source": _of_source,
        "region": _of_region,
        "language": _in_language,
        "kind": _of_kind,
        "findings": _with_findings,
        "timing": _came_late,
        "assigned": _assigned_to,
    }
)
SORT_KEYS: MappingProxyType[str, Callable[[str], list[SQLColumnExpression[Any]]]] = MappingProxyType(
    {
        "received": lambda _language: [Contribution.submitted_at],
        "source": lambda language: build_entity_order(Contribution.entity, language),
        "title": lambda _language: [func.lower(Contribution.title)],
    }
)
