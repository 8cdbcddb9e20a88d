"""Circulate drafts to the delegations. A circulated version is a copy that does not change with the draft."""

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict
from app.core.i18n import say
from app.domain.circulations import events, queries, rules
from app.domain.circulations.inputs import Circulation
from app.domain.circulations.models import CirculatedText, CirculatedVersion
from app.domain.outputs import queries as outputs
from app.domain.outputs.models import Output
from app.domain.scans import queries as scans


def circulate(session: WriteSession, actor: Actor, output: Output, new: Circulation) -> CirculatedVersion:
    """Circulate exactly the text that was seen to every delegation, as its next version.

    Raises Conflict if the text was changed since, or if nothing was changed since the last version.
    """
    hold(session, output)
    rules.CIRCULATE.require(actor, outputs.case(session, output))
    if new.text != outputs.text_digest(session, output):
        raise Conflict(say("The text was changed after you opened this page. Read it again before you circulate it."))
    last = queries.latest(session, output)
    if last and last.text_digest == new.text:
        raise Conflict(say("Nothing was changed since version %(number)s.", number=last.number))
    scans.insist_on_checked(session, [file.sha256 for file in outputs.files(session, output)])
    output.sponsored_by = outputs.ever_sponsored(session, output)
    version = _create_version(session, actor, output, new, last.number + 1 if last else 1)
    event = events.VersionCirculated(output.id, version.number, version.text_digest)
    journal.record(session, actor, event, body=output.body_id)
    return version


def _create_version(
    session: WriteSession, actor: Actor, output: Output, new: Circulation, number: int
) -> CirculatedVersion:
    """Copy cover and files of the draft as a version."""
    version = CirculatedVersion(
        output_id=output.id,
        body_id=output.body_id,
        number=number,
        note=new.note,
        comments_by=new.comments_by,
        kind=output.kind,
        titles=dict(output.titles),
        original=output.original,
        for_action=list(output.for_action),
        for_information=list(output.for_information),
        reply_by=output.reply_by,
        sources=[str(source.id) for source in outputs.sources(session, output)],
        decisions=[str(decision.id) for decision, _ in outputs.decisions(session, output)],
        text_digest=new.text,
        circulated_by=actor.person,
        circulated_at=clock.now(),
    )
    session.add(version)
    session.flush()
    for file in outputs.files(session, output):
        session.add(
            CirculatedText(
                version_id=version.id,
                language=file.language,
                sha256=file.sha256,
                size=file.size,
                media=file.media,
                name=file.name,
            )
        )
    session.flush()
    return version
