"""Files that were received as translations and not added yet: each person sees their own."""

from collections.abc import Sequence

from sqlalchemy import Row, func, select, union_all

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.documents.models import Document, Edition, LanguageVersion
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.translations.inputs import TranslationKey
from app.domain.translations.models import ReceivedTranslation, TextKind
from app.domain.translations.queries import due
from app.domain.uploads.models import Upload, UploadState
from app.domain.uploads.queries import list_visible_uploads

MAX_CANDIDATES = 5_000
MAX_RECEIVED = 200


def list_received(session: ReadSession, actor: Actor) -> Sequence[Row[Upload, ReceivedTranslation]]:
    """List the files that the actor received, by name."""
    own = list_visible_uploads(actor).where(Upload.person_id == actor.person, Upload.state == UploadState.WHOLE)
    statement = own.join(ReceivedTranslation, ReceivedTranslation.upload_id == Upload.id)
    ordered = statement.add_columns(ReceivedTranslation).order_by(Upload.name, Upload.began_at).limit(MAX_RECEIVED)
    return session.execute(ordered).all()


def list_symbols_due(session: ReadSession, actor: Actor) -> list[tuple[TranslationKey, str]]:
    """List every translation that is due in bodies of the actor, with the symbol of its text: by body, then what was
    registered first, so that 21/2 comes before 21/10."""
    texts = union_all(due.select_documents_due(actor), due.select_outputs_due(actor)).subquery()
    columns = (texts.c.edition_id, texts.c.output_id, texts.c.language, texts.c.symbol)
    order = (texts.c.body_id, texts.c.since, texts.c.symbol, texts.c.language)
    rows = session.execute(select(*columns).order_by(*order).limit(MAX_CANDIDATES))
    return [(due.get_key(row), row.symbol) for row in rows]


def list_symbols_present(
    session: ReadSession, actor: Actor, symbols: Sequence[str]
) -> Sequence[tuple[TranslationKey, str]]:
    """List the texts that are there already, of editions whose symbols have these words and numbers (`22 8`)."""
    if not symbols:
        return ()
    words = func.trim(func.regexp_replace(func.lower(Edition.symbol), "[^[:alnum:]]+", " ", "g"))
    visible_ids = list_visible_documents(actor).with_only_columns(Document.id)
    rows = session.execute(
        select(Edition.id, LanguageVersion.language, Edition.symbol)
        .join(LanguageVersion, LanguageVersion.edition_id == Edition.id)
        .where(Edition.document_id.in_(visible_ids), words.in_(symbols))
    )
    return [(TranslationKey(TextKind.EDITION, row.id, row.language), row.symbol) for row in rows]
