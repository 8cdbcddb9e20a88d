"""Store to whom a draft output is addressed, under the names that the register has now."""

from app.core.db import WriteSession
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.addressees import queries
from app.domain.addressees.inputs import NewAddressee
from app.domain.addressees.models import OutputAddressee, RequestedAct
from app.domain.addressees.rules import name_body, name_organization
from app.domain.outputs.inputs import OutputCover
from app.domain.outputs.models import Output
from app.domain.outputs.queries.outputs import list_addressees


def replace_addressees(session: WriteSession, actor: Actor, output: Output, cover: OutputCover) -> None:
    """Replace the addressees of a draft. A party that it is addressed to already stays, also one that ended meanwhile.
    Raises BadRequest for any other that is not in force, and for a body that the actor does not know."""
    before = queries.list_addressee_rows(session, output)
    kept = {(row.organization, row.body_id): row.words for row in before if row.organization or row.body_id}
    for row in before:
        session.delete(row)
    session.flush()
    for place, each in enumerate(cover.addressees, 1):
        session.add(_build_row(session, actor, output, each, place, kept.get((each.organization, each.body_id))))
    session.flush()


def _build_row(
    session: WriteSession, actor: Actor, output: Output, new: NewAddressee, place: int, earlier_words: str | None = None
) -> OutputAddressee:
    """Build the row of an addressee. Raises BadRequest for a party that cannot be chosen and has no earlier words."""
    words = _name_party(session, actor, output, new) or earlier_words
    if words is None:
        raise BadRequest(_("Select an organization of the register that has not ended, or another group."))
    return OutputAddressee(
        output_id=output.id,
        position=place,
        organization=new.organization,
        body_id=new.body_id,
        words=words,
        wants=new.wants,
        reply_by=new.reply_by,
        in_reply_to=new.in_reply_to,
    )


def address_reply(session: WriteSession, actor: Actor, output: Output, reply: NewAddressee) -> None:
    """Let the row of a party among the addressees of a draft name the liaison of this party that the draft answers, or
    none any more; the party is added, for information, if the draft is not addressed to it. Raises BadRequest for a
    party that cannot be added."""
    rows = list_addressees(session, output)
    row = next((each for each in rows if (each.organization, each.body_id) == reply.party[:2]), None)
    if not queries.list_addressee_rows(session, output):  # they were made of the words of an earlier version
        session.add_all(rows)
        output.for_action, output.for_information, output.reply_by = [], [], None
    if row is None:
        added = _build_row(session, actor, output, reply, max((each.position for each in rows), default=0) + 1)
    else:  # a row never changes: another one takes its place
        kept = NewAddressee(
            organization=row.organization,
            body_id=row.body_id,
            wants=RequestedAct(row.wants),
            reply_by=row.reply_by,
            in_reply_to=reply.in_reply_to,
        )
        added = _build_row(session, actor, output, kept, row.position, row.words)
        session.delete(row)
    session.flush()
    session.add(added)
    session.flush()


def _name_party(session: WriteSession, actor: Actor, output: Output, new: NewAddressee) -> str | None:
    """Return the name of a party in the original language of the output, or the words; None if it cannot be chosen."""
    if new.organization:
        organization = queries.find_organization(session, new.organization)
        return name_organization(organization, output.original) if organization else None
    if new.body_id:
        body = queries.find_known_body(session, actor, output.body_id, new.body_id)
        return name_body(body, output.original) if body else None
    return new.words
