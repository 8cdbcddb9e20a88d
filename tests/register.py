"""Makers of what happens to a registered document, each through its verb."""

from app.domain.documents import actions, queries
from app.domain.documents.inputs import Because, Correction, NewEdition, Opening, Text
from app.domain.documents.models import Access, Document, Edition, Relation, Step
from tests.world import World


def added(
    world: World, document: Document, step: Step, title: str = "As it is now", language: str = "en", **more: object
) -> Edition:
    """A revision, an addendum or a corrigendum, with a file in one language."""
    with world.acting("ines") as (session, actor):
        text = Text(original=language, titles={language: title}, files=(world.file(language, title),))
        new = NewEdition(step=step, text=text, **more)
        return actions.add_edition(session, actor, session.get_one(Document, document.id), new)


def translated(world: World, document: Document, language: str, title: str | None = None, *, by: str = "amina") -> None:
    """A translation of the text in force."""
    with world.acting(by) as (session, actor):
        there = session.get_one(Document, document.id)
        edition = queries.in_force(session, there)
        actions.translate(session, actor, there, edition, world.file(language), title=title)


def related(world: World, document: Document, kind: Relation, other: Document, *, by: str = "amina") -> None:
    with world.acting(by) as (session, actor):
        pair = [session.get_one(Document, each.id) for each in (document, other)]
        actions.relate(session, actor, pair[0], kind, pair[1])


def opened(
    world: World, document: Document, access: Access, *, by: str = "amina", reason: str = "Ready for all."
) -> None:
    with world.acting(by) as (session, actor):
        there = session.get_one(Document, document.id)
        actions.reclassify(session, actor, there, Opening(access=access, reason=reason), version=there.version)


def corrected(world: World, document: Document, **words: str) -> None:
    with world.acting("ines") as (session, actor):
        there = session.get_one(Document, document.id)
        correction = Correction(**{"language": "en", "reason": "A slip of the pen."} | words)
        actions.correct(session, actor, there, correction, version=there.version)


def withdrawn(world: World, document: Document, *, by: str = "amina", reason: str = "Overtaken by events.") -> None:
    with world.acting(by) as (session, actor):
        there = session.get_one(Document, document.id)
        actions.withdraw(session, actor, there, Because(reason=reason), version=there.version)


def voided(world: World, document: Document, *, reason: str = "Registered twice.") -> None:
    with world.acting("ines") as (session, actor):
        there = session.get_one(Document, document.id)
        actions.void(session, actor, there, Because(reason=reason), version=there.version)
