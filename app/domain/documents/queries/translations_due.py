"""Translations that are due: texts in force that are missing in a language that their body wants or that they had."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, case, exists, func, not_, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from app.core.i18n import LANGUAGES
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import CHAIRS
from app.domain.documents.models import Document, Edition, EditionStep, LanguageVersion
from app.domain.documents.queries import documents
from app.domain.files.models import Rendition

# Of a text that was not revised, no other languages than those of its body can be due. That the languages follow from
# the row keeps PostgreSQL from combining the whole archive with six languages before it looks at what is due.
_POSSIBLE_LANGUAGES = case((Document.revision > 0, array(LANGUAGES)), else_=Body.languages)
LANGUAGE_TABLE = func.unnest(_POSSIBLE_LANGUAGES).table_valued("code").render_derived(name="tongue").lateral()
LANGUAGE_CODE: ColumnElement[str] = LANGUAGE_TABLE.c.code
EARLIER_EDITION, EDITION_IN_FORCE = aliased(Edition), aliased(Edition)
EARLIER_VERSION, ORIGINAL_VERSION = aliased(LanguageVersion), aliased(LanguageVersion)

IS_IN_FORCE = and_(Edition.step.in_(documents.WHOLE_TEXT_STEPS), Edition.number == Document.revision)
IS_WANTED_LANGUAGE = any_(Body.languages) == LANGUAGE_CODE
HAD_EARLIER_VERSION = exists().where(  # an earlier text exists in that language: the original was revised since then
    EARLIER_EDITION.document_id == Document.id,
    EARLIER_EDITION.step.in_(documents.WHOLE_TEXT_STEPS),
    EARLIER_EDITION.number < Document.revision,
    EARLIER_VERSION.edition_id == EARLIER_EDITION.id,
    EARLIER_VERSION.language == LANGUAGE_CODE,
)
IS_PART_OF_TEXT_IN_FORCE = or_(  # an addendum, or a corrigendum to the text in force that concerns all languages
    Edition.step == EditionStep.ADDENDUM,
    and_(
        Edition.step == EditionStep.CORRIGENDUM,
        Edition.only_language.is_(None),
        exists().where(
            EDITION_IN_FORCE.document_id == Document.id,
            EDITION_IN_FORCE.step.in_(documents.WHOLE_TEXT_STEPS),
            EDITION_IN_FORCE.number == Document.revision,
            EDITION_IN_FORCE.registered_at <= Edition.registered_at,
        ),
    ),
)


def select_texts_due(
    actor: Actor, *columns: Any, offices: Sequence[Office] = (Office.SECRETARY,)
) -> Select[*tuple[Any, ...]]:
    """Select each text with each language in which it is due, in bodies where the actor holds one of the offices."""
    is_present = exists().where(LanguageVersion.edition_id == Edition.id, LanguageVersion.language == LANGUAGE_CODE)
    is_due = or_(
        and_(IS_WANTED_LANGUAGE, or_(IS_IN_FORCE, IS_PART_OF_TEXT_IN_FORCE)),
        and_(Document.revision > 0, IS_IN_FORCE, HAD_EARLIER_VERSION),
    )
    visible_ids = documents.list_visible_documents(actor).with_only_columns(Document.id)
    return (
        select(*columns)
        .select_from(Document)
        .join(Body, Body.id == Document.body_id)
        .join(Edition, Edition.document_id == Document.id)
        .join(LANGUAGE_TABLE, is_due)
        .outerjoin(
            ORIGINAL_VERSION,
            and_(ORIGINAL_VERSION.edition_id == Edition.id, ORIGINAL_VERSION.language == Edition.original),
        )
        .outerjoin(Rendition, Rendition.sha256 == ORIGINAL_VERSION.sha256)
        .where(
            Document.id.in_(visible_ids),
            Document.body_id.in_(actor.bodies_with_role(*offices)),
            Document.ended_as.is_(None),
            Document.sealed.is_(False),
            or_(Document.revision > 0, func.cardinality(Body.languages) > 0),
            not_(is_present),
        )
    )


def select_translations_due_by_scope(actor: Actor) -> Select[UUID, str, int]:
    """Select the number of texts that are due, each counted once for each language, by body and scope (a meeting)."""
    return select_texts_due(actor, Document.body_id, Document.scope, func.count().label("count")).group_by(
        Document.body_id, Document.scope
    )


def count_translations_due_of_scope(actor: Actor, body_id: UUID, scope: str) -> Select[int]:
    """Select the number of texts of a meeting that are due, each counted once for each language; for chairs too."""
    due = select_texts_due(actor, func.count(), offices=(*CHAIRS, Office.SECRETARY))
    return due.where(Document.body_id == body_id, Document.scope == scope)
