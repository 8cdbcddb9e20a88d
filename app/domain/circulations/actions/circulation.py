"""Circulate drafts to the delegations. A circulated version is a copy that does not change with the draft."""

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.addressees.queries import list_addressee_rows
from app.domain.circulations import events, queries, rules
from app.domain.circulations.inputs import NewCirculation
from app.domain.circulations.models import CirculatedText, CirculatedVersion
from app.domain.files import queries as file_queries
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules.addressees import name_addressees


def circulate_draft(session: WriteSession, actor: Actor, output: Output, new: NewCirculation) -> CirculatedVersion:
    """Circulate exactly the text that was seen to every delegation, as its next version.

    Raises Conflict if the text was changed since, or if nothing was changed since the last version.
    """
    lock_row(session, output)
    rules.CIRCULATE_DRAFT.require(actor, outputs.get_output_rule_subject(session, output))
    if new.text != outputs.compute_text_digest(session, output):
        raise Conflict(_("The text was changed after you opened this page. Read it again before you circulate it."))
    last = queries.find_latest_circulated_version(session, output)
    if last and last.text_digest == new.text:
        raise Conflict(_("Nothing has changed since version %(number)s.", number=last.number))
    file_queries.require_clean_scans(session, [file.sha256 for file in outputs.list_output_files(session, output)])
    output.sponsored_by = outputs.list_sponsors_of_output(session, output)
    version = _create_version(session, actor, output, new, last.number + 1 if last else 1)
    event = events.VersionCirculated(output.id, version.number, version.text_digest)
    journal.record_event(session, actor, event, body=output.body_id)
    return version


def _create_version(
    session: WriteSession, actor: Actor, output: Output, new: NewCirculation, number: int
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
        **name_addressees(output, list_addressee_rows(session, output))._asdict(),
        sources=[str(source.id) for source in outputs.list_source_documents(session, output)],
        decisions=[str(decision.id) for decision, _ignored in outputs.list_source_decisions(session, output)],
        text_digest=new.text,
        circulated_by=actor.person,
        circulated_at=clock.now(),
    )
    session.add(version)
    session.flush()
    for file in outputs.list_output_files(session, output):
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
