"""Queries on translations of adopted texts: which languages can be released, which are released, which are missing."""

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
    """List all translations of the output, approved or not, by language."""
    statement = select(Translation).where(Translation.output_id == output.id).order_by(Translation.language)
    return session.scalars(statement).all()


def visible(session: ReadSession, actor: Actor, output: Output) -> Sequence[Translation]:
    """List the translations that the actor may see: released ones, and for the chair and the secretariat all."""
    sees_all = output.body_id in actor.bodies(*CHAIRS, Office.SECRETARY)
    return [each for each in every(session, output) if sees_all or each.released_at is not None]


def one_visible(session: ReadSession, actor: Actor, output: Output, language: str) -> Translation:
    """Return the translation in this language if the actor may see it. Raises NotFound otherwise."""
    translation = next(
        (candidate for candidate in visible(session, actor, output) if candidate.language == language), None
    )
    if translation is None:
        raise Unknown()
    return translation


def approved(session: ReadSession, output: Output) -> list[Translation]:
    """List the translations of the adopted text that a second person approved as they are now."""
    return [each for each in every(session, output) if each.is_approved and is_as_approved(each, output)]


def is_as_approved(translation: Translation, output: Output) -> bool:
    """Whether the translation is of the adopted text and its stored digest is right."""
    return translation.text == output.text_digest and translation.digest == digest(translation)


def digest(translation: Translation) -> str:
    """Compute the SHA-256 over a translation: language, title, file, and the digest of the adopted text."""
    values = {
        "file": translation.sha256,
        "language": translation.language,
        "of": translation.text,
        "title": translation.title,
    }
    return hashlib.sha256(canonical(values)).hexdigest()


def digest_of_all(translations: Iterable[Translation]) -> str:
    """Compute one digest over several translations."""
    return hashlib.sha256(canonical({each.language: each.digest for each in translations})).hexdigest()


def to_add(session: ReadSession, output: Output) -> list[Translation]:
    """List the approved translations that readers do not have yet."""
    return [each for each in approved(session, output) if each.released_at is None]


def texts(session: ReadSession, output: Output) -> list[OutputFile | Translation]:
    """List all texts that can be released, by language: the adopted files and their approved translations."""
    return _with_adopted(session, output, approved(session, output))


def released(session: ReadSession, output: Output) -> list[OutputFile | Translation]:
    """List all released texts, by language: the adopted files and the released translations."""
    return _with_adopted(session, output, (each for each in every(session, output) if each.released_at is not None))


def _with_adopted(
    session: ReadSession, output: Output, translated: Iterable[Translation]
) -> list[OutputFile | Translation]:
    """Return the adopted files and these translations, by language."""
    all_texts: list[OutputFile | Translation] = [*queries.files(session, output), *translated]
    return sorted(all_texts, key=lambda text: text.language)


def titles(output: Output, translated: Iterable[OutputFile | Translation]) -> Titles:
    """Return the adopted titles, and the titles of these translations in other languages."""
    translated_titles = {
        text.language: text.title for text in translated if isinstance(text, Translation) and text.title
    }
    return {**translated_titles, **output.titles}


def wanted(session: ReadSession, output: Output) -> list[str]:
    """List the languages of a complete version: those of the body and the original, in the usual order."""
    languages = {*session.get_one(Body, output.body_id).languages, output.original}
    return in_order(languages)


def missing(session: ReadSession, output: Output) -> list[str]:
    """List the languages that a complete version would lack if it were released now."""
    present = {text.language for text in texts(session, output)}
    return [language for language in wanted(session, output) if language not in present]


def in_order(languages: Iterable[str]) -> list[str]:
    """Sort languages in the order in which the United Nations name them (`LANGUAGES`)."""
    chosen = set(languages)
    return [language for language in LANGUAGES if language in chosen]


def promised(session: ReadSession, output: Output) -> list[str]:
    """List the languages that the first release announced as still to come, whether they were added since or not."""
    plan = queries.plan(session, output)
    return list(plan.still_to_come) if plan else []


def completions(session: ReadSession, output: Output) -> Sequence[Completion]:
    """List the completion plans of the output, the earliest first; the last one counts."""
    statement = select(Completion).where(Completion.output_id == output.id).order_by(Completion.number)
    return session.scalars(statement).all()


def completion(session: ReadSession, output: Output) -> Completion | None:
    """Find the completion plan that counts."""
    return next(iter(reversed(completions(session, output))), None)


def under_way(session: ReadSession, output: Output) -> Completion | None:
    """Find the completion plan that waits for its instant or for the worker."""
    last = completion(session, output)
    return last if last and last.is_under_way else None


def to_look_at(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Output]:
    """List outputs that need work on translations, for the chair and the secretariat, the earliest adopted first.

    These are advance versions, and adopted outputs that are not on their way and have an unapproved translation.
    """
    unapproved = select(Translation.output_id).where(Translation.approved.is_(None))
    is_advance = and_(Output.status == Status.RELEASED, func.cardinality(Output.still_to_come) > 0)
    statement = queries.visible(actor).where(
        Output.body_id.in_(actor.bodies(*CHAIRS, Office.SECRETARY)),
        or_(is_advance, and_(Output.status.in_(NOT_ON_ITS_WAY), Output.id.in_(unapproved))),
    )
    return session.scalars(statement.order_by(Output.adopted_at, Output.id).limit(limit)).all()


def completing(session: ReadSession, output: Output) -> Completing:
    """Return the state of the output as the rules on translations need it."""
    to_release, plan = to_add(session, output), under_way(session, output)
    missing_languages = frozenset(output.still_to_come) - {translation.language for translation in to_release}
    approvers = frozenset(translation.approved_by for translation in to_release if translation.approved_by)
    return Completing(queries.case(session, output), missing_languages, approvers, plan.release_at if plan else None)


def of_translation(of: Completing, translation: Translation) -> OfTranslation:
    """Return the state of a translation as the rules need it."""
    return OfTranslation(of, translation.added_by, translation.is_approved or translation.released_at is not None)
