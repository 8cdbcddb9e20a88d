"""Actions on a registered document, each through its domain action."""

from app.core.validation import ReasonInput
from app.domain.documents.actions import changes, endings, registration, relations
from app.domain.documents.inputs import AccessChangeInput, EditionContent, NewEdition, RegisterCorrectionInput
from app.domain.documents.models import Document, DocumentAccess, Edition, EditionStep, RelationKind
from app.domain.documents.queries import documents
from tests.world import World


def add_edition(
    world: World,
    document: Document,
    step: EditionStep,
    title: str = "As it is now",
    language: str = "en",
    **more: object,
) -> Edition:
    """Add a revision, an addendum or a corrigendum, with a file in one language."""
    with world.acting("ines") as (session, actor):
        text = EditionContent(original=language, titles={language: title}, files=(world.file(language, title),))
        new = NewEdition(step=step, text=text, **more)
        return registration.add_edition(session, actor, session.get_one(Document, document.id), new)


def add_translation(
    world: World,
    document: Document,
    language: str,
    title: str | None = None,
    *,
    by: str = "amina",
    text: str = "A text of one paragraph.",
) -> None:
    """Add a translation of the text in force."""
    with world.acting(by) as (session, actor):
        stored_document = session.get_one(Document, document.id)
        edition = documents.get_edition_in_force(session, stored_document)
        registration.add_translation(session, actor, stored_document, edition, world.file(language, text), title=title)


def relate_documents(
    world: World, document: Document, kind: RelationKind, other: Document, *, by: str = "amina"
) -> None:
    with world.acting(by) as (session, actor):
        pair = [session.get_one(Document, each.id) for each in (document, other)]
        relations.add_relation(session, actor, pair[0], kind, pair[1])


def change_access(
    world: World, document: Document, access: DocumentAccess, *, by: str = "amina", reason: str = "Ready for all."
) -> None:
    with world.acting(by) as (session, actor):
        stored_document = session.get_one(Document, document.id)
        changes.change_document_access(
            session,
            actor,
            stored_document,
            AccessChangeInput(access=access, reason=reason),
            version=stored_document.version,
        )


def correct_document(world: World, document: Document, **words: str) -> None:
    with world.acting("ines") as (session, actor):
        stored_document = session.get_one(Document, document.id)
        correction = RegisterCorrectionInput(**{"language": "en", "reason": "A slip of the pen."} | words)
        changes.correct_register_entry(session, actor, stored_document, correction, version=stored_document.version)


def withdraw_document(
    world: World, document: Document, *, by: str = "amina", reason: str = "Overtaken by events."
) -> None:
    with world.acting(by) as (session, actor):
        stored_document = session.get_one(Document, document.id)
        endings.withdraw_document(
            session, actor, stored_document, ReasonInput(reason=reason), version=stored_document.version
        )


def void_document(world: World, document: Document, *, reason: str = "Registered twice.") -> None:
    with world.acting("ines") as (session, actor):
        stored_document = session.get_one(Document, document.id)
        endings.void_document_number(
            session, actor, stored_document, ReasonInput(reason=reason), version=stored_document.version
        )
