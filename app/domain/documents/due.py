"""Translations that are due: texts in force that are missing in a language that their body wants or that they had."""

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
HAD = exists().where(  # an earlier text exists in that language: the original was revised since then
    BEFORE.document_id == Document.id,
    BEFORE.step.in_(queries.TEXTS),
    BEFORE.number < Document.revision,
    OLDER.edition_id == BEFORE.id,
    OLDER.language == CODE,
)
STANDS_BESIDE_IT = or_(  # an addendum, or a corrigendum to the text in force that concerns all languages
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


def _select_due(actor: Actor, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select each text with each language in which it is due, in bodies where the actor is a secretary."""
    is_present = exists().where(LanguageVersion.edition_id == Edition.id, LanguageVersion.language == CODE)
    is_due = or_(
        and_(WANTED, or_(IS_IN_FORCE, STANDS_BESIDE_IT)),
        and_(Document.revision > 0, IS_IN_FORCE, HAD),
    )
    visible_ids = queries.visible(actor).with_only_columns(Document.id)
    return (
        select(*columns)
        .select_from(Document)
        .join(Body, Body.id == Document.body_id)
        .join(Edition, Edition.document_id == Document.id)
        .join(TONGUE, is_due)
        .outerjoin(ORIGINAL, and_(ORIGINAL.edition_id == Edition.id, ORIGINAL.language == Edition.original))
        .outerjoin(Rendition, Rendition.sha256 == ORIGINAL.sha256)
        .where(
            Document.id.in_(visible_ids),
            Document.body_id.in_(actor.bodies(Office.SECRETARY)),
            Document.ended_as.is_(None),
            or_(Document.revision > 0, func.cardinality(Body.languages) > 0),
            not_(is_present),
        )
    )


def by_language(session: ReadSession, actor: Actor) -> dict[str, tuple[int, int]]:
    """Count by language the texts that are due and their pages, as far as pages were counted."""
    statement = _select_due(actor, CODE, func.count(), func.coalesce(func.sum(Rendition.pages), 0)).group_by(CODE)
    counts = {code: (count, pages) for code, count, pages in session.execute(statement)}
    return {code: counts[code] for code in LANGUAGES if code in counts}


def in_language(session: ReadSession, actor: Actor, language: str, *, limit: int, offset: int = 0) -> Sequence[Due]:
    """List the texts that are due in that language, the oldest first."""
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
    rows = _select_due(actor, *columns).where(TONGUE.c.code == language)
    return session.execute(rows.order_by(Edition.registered_at, Edition.symbol).limit(limit).offset(offset)).all()
