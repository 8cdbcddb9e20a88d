"""Translations that are due: texts in force that are missing in a language which their body wants, or once had."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, any_, exists, func, not_, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from app.core.access import Actor
from app.core.db import ReadSession, Titles
from app.core.i18n import LANGUAGES
from app.domain.bodies.models import Body, Office
from app.domain.documents import queries
from app.domain.documents.models import Document, Edition, LanguageVersion, Step
from app.domain.renditions.models import Rendition

TONGUE = func.unnest(array(LANGUAGES)).table_valued("code").render_derived(name="tongue")
CODE: ColumnElement[str] = TONGUE.c.code
BEFORE, IN_FORCE = aliased(Edition), aliased(Edition)
OLDER, ORIGINAL = aliased(LanguageVersion), aliased(LanguageVersion)

IS_IN_FORCE = and_(Edition.step.in_(queries.TEXTS), Edition.number == Document.revision)
WANTED = any_(Body.languages) == CODE
HAD = exists().where(  # a text before this one is there in that language: since then the original was revised
    BEFORE.document_id == Document.id,
    BEFORE.step.in_(queries.TEXTS),
    BEFORE.number < Document.revision,
    OLDER.edition_id == BEFORE.id,
    OLDER.language == CODE,
)
STANDS_BESIDE_IT = or_(  # an addendum, or a corrigendum of all languages to the text that is in force
    Edition.step == Step.ADDENDUM,
    and_(
        Edition.step == Step.CORRIGENDUM,
        Edition.only_language.is_(None),
        exists().where(
            IN_FORCE.document_id == Document.id,
            IN_FORCE.step.in_(queries.TEXTS),
            IN_FORCE.number == Document.revision,
            IN_FORCE.registered_at <= Edition.registered_at,
        ),
    ),
)

Due = Row[UUID, str, str, int, Titles, str, str, Any, bool, int | None]
"""document, symbol, step and number of the edition, titles, entity, original, registered_at, was_there, pages."""


def _missing(actor: Actor, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Each text with each language in which it is due, of the bodies that the actor is a secretary of."""
    there = exists().where(LanguageVersion.edition_id == Edition.id, LanguageVersion.language == CODE)
    asked = or_(
        and_(WANTED, or_(IS_IN_FORCE, STANDS_BESIDE_IT)),
        and_(Document.revision > 0, IS_IN_FORCE, HAD),
    )
    seen = queries.visible(actor).with_only_columns(Document.id)
    return (
        select(*columns)
        .select_from(Document)
        .join(Body, Body.id == Document.body_id)
        .join(Edition, Edition.document_id == Document.id)
        .join(TONGUE, asked)
        .outerjoin(ORIGINAL, and_(ORIGINAL.edition_id == Edition.id, ORIGINAL.language == Edition.original))
        .outerjoin(Rendition, Rendition.sha256 == ORIGINAL.sha256)
        .where(
            Document.id.in_(seen),
            Document.body_id.in_(actor.bodies(Office.SECRETARY)),
            Document.ended_as.is_(None),
            or_(Document.revision > 0, func.cardinality(Body.languages) > 0),
            not_(there),
        )
    )


def by_language(session: ReadSession, actor: Actor) -> dict[str, tuple[int, int]]:
    """In how many texts each language is due, and how many pages those have, as far as they were counted."""
    counted = _missing(actor, CODE, func.count(), func.coalesce(func.sum(Rendition.pages), 0)).group_by(CODE)
    found = {code: (count, pages) for code, count, pages in session.execute(counted)}
    return {code: found[code] for code in LANGUAGES if code in found}


def in_language(session: ReadSession, actor: Actor, language: str, *, limit: int, offset: int = 0) -> Sequence[Due]:
    """The texts that are due in that language, the oldest first."""
    columns = (
        Document.id,
        Edition.symbol,
        Edition.step,
        Edition.number,
        Edition.titles,
        Document.entity,
        Edition.original,
        Edition.registered_at,
        and_(IS_IN_FORCE, HAD).label("was_there"),
        Rendition.pages,
    )
    rows = _missing(actor, *columns).where(TONGUE.c.code == language)
    return session.execute(rows.order_by(Edition.registered_at, Edition.symbol).limit(limit).offset(offset)).all()
