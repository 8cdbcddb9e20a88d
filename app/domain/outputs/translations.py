"""Translations of adopted texts: what there is beside the adopted files, what leaves with them, and what is missing."""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import and_, func, or_, select

from app.core.access import Actor
from app.core.canonical import canonical
from app.core.db import ReadSession, Titles
from app.core.errors import Unknown
from app.core.i18n import LANGUAGES
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import CHAIRS
from app.domain.outputs import queries
from app.domain.outputs.completing_rules import Completing, OfTranslation
from app.domain.outputs.models import Completion, Output, OutputFile, Status, Translation
from app.domain.outputs.rules import NOT_ON_ITS_WAY


def every(session: ReadSession, output: Output) -> Sequence[Translation]:
    """All of them, by language; approved or not."""
    of_it = select(Translation).where(Translation.output_id == output.id).order_by(Translation.language)
    return session.scalars(of_it).all()


def visible(session: ReadSession, actor: Actor, output: Output) -> Sequence[Translation]:
    """Of an output that the actor sees: what readers have, and what waits for the chair and the secretariat alone."""
    is_theirs = output.body_id in actor.bodies(*CHAIRS, Office.SECRETARY)
    return [each for each in every(session, output) if is_theirs or each.released_at is not None]


def one_visible(session: ReadSession, actor: Actor, output: Output, language: str) -> Translation:
    """That translation, or Unknown: also where it is not for this actor yet."""
    found = next((each for each in visible(session, actor, output) if each.language == language), None)
    if found is None:
        raise Unknown()
    return found


def approved(session: ReadSession, output: Output) -> list[Translation]:
    """Those of exactly the adopted text that a second person approved as they are now."""
    return [each for each in every(session, output) if each.is_approved and is_as_approved(each, output)]


def is_as_approved(translation: Translation, output: Output) -> bool:
    """Whether it is of the adopted text, and what its digest says."""
    return translation.text == output.text_digest and translation.digest == digest(translation)


def digest(translation: Translation) -> str:
    """The SHA-256 over what a translation is: language, title, file, and the adopted text that it translates."""
    said = {
        "file": translation.sha256,
        "language": translation.language,
        "of": translation.text,
        "title": translation.title,
    }
    return hashlib.sha256(canonical(said)).hexdigest()


def digest_of_all(translations: Iterable[Translation]) -> str:
    """One digest for several of them."""
    return hashlib.sha256(canonical({each.language: each.digest for each in translations})).hexdigest()


def to_add(session: ReadSession, output: Output) -> list[Translation]:
    """The approved ones that readers do not have yet."""
    return [each for each in approved(session, output) if each.released_at is None]


def texts(session: ReadSession, output: Output) -> list[OutputFile | Translation]:
    """All that can leave, by language: the adopted files, and approved translations of them."""
    return _with_adopted(session, output, approved(session, output))


def released(session: ReadSession, output: Output) -> list[OutputFile | Translation]:
    """All that left, by language."""
    return _with_adopted(session, output, (each for each in every(session, output) if each.released_at is not None))


def _with_adopted(
    session: ReadSession, output: Output, translated: Iterable[Translation]
) -> list[OutputFile | Translation]:
    found: list[OutputFile | Translation] = [*queries.files(session, output), *translated]
    return sorted(found, key=lambda text: text.language)


def titles(output: Output, translated: Iterable[OutputFile | Translation]) -> Titles:
    """The adopted titles, and those of translations in other languages."""
    more = {each.language: each.title for each in translated if isinstance(each, Translation) and each.title}
    return {**more, **output.titles}


def wanted(session: ReadSession, output: Output) -> list[str]:
    """The languages of a complete version: those in which its body works, and the original, in their usual order."""
    works_in = {*session.get_one(Body, output.body_id).languages, output.original}
    return in_order(works_in)


def missing(session: ReadSession, output: Output) -> list[str]:
    """What a complete version would lack if it were let out now."""
    there = {text.language for text in texts(session, output)}
    return [each for each in wanted(session, output) if each not in there]


def in_order(languages: Iterable[str]) -> list[str]:
    """In the order in which the United Nations name them."""
    found = set(languages)
    return [each for each in LANGUAGES if each in found]


def promised(session: ReadSession, output: Output) -> list[str]:
    """The languages that its first release left open, whether they came since or not."""
    plan = queries.plan(session, output)
    return list(plan.still_to_come) if plan else []


def completions(session: ReadSession, output: Output) -> Sequence[Completion]:
    """Every plan to complete an advance version, the earliest first; the last one counts."""
    of_it = select(Completion).where(Completion.output_id == output.id).order_by(Completion.number)
    return session.scalars(of_it).all()


def completion(session: ReadSession, output: Output) -> Completion | None:
    """The plan that counts, if there was one."""
    return next(iter(reversed(completions(session, output))), None)


def under_way(session: ReadSession, output: Output) -> Completion | None:
    """The plan that waits for its instant or for the worker."""
    last = completion(session, output)
    return last if last and last.is_under_way else None


def to_look_at(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Output]:
    """Advance versions, and texts not on their way of which a translation waits for approval, for the chair and the
    secretariat of their body, the earliest adopted first."""
    waits = select(Translation.output_id).where(Translation.approved.is_(None))
    is_advance = and_(Output.status == Status.RELEASED, func.cardinality(Output.still_to_come) > 0)
    of_it = queries.visible(actor).where(
        Output.body_id.in_(actor.bodies(*CHAIRS, Office.SECRETARY)),
        or_(is_advance, and_(Output.status.in_(NOT_ON_ITS_WAY), Output.id.in_(waits))),
    )
    return session.scalars(of_it.order_by(Output.adopted_at, Output.id).limit(limit)).all()


def completing(session: ReadSession, output: Output) -> Completing:
    """The output as the rules of completing look at it."""
    adding, plan = to_add(session, output), under_way(session, output)
    lacks = frozenset(output.still_to_come) - {each.language for each in adding}
    approvers = frozenset(each.approved_by for each in adding if each.approved_by)
    return Completing(queries.case(session, output), lacks, approvers, plan.release_at if plan else None)


def of_translation(of: Completing, translation: Translation) -> OfTranslation:
    """A translation of that output as its rules look at it."""
    return OfTranslation(of, translation.added_by, translation.is_approved or translation.released_at is not None)
