"""Store to whom a draft output is addressed, under the names that the register has now."""

from app.core.db import WriteSession
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.addressees import queries
from app.domain.addressees.inputs import NewAddressee
from app.domain.addressees.models import OutputAddressee
from app.domain.addressees.rules import name_body, name_organization
from app.domain.outputs.inputs import OutputCover
from app.domain.outputs.models import Output


def replace_addressees(session: WriteSession, actor: Actor, output: Output, cover: OutputCover) -> None:
    """Replace the addressees of a draft. A party that it is addressed to already stays, also one that ended meanwhile.
    Raises BadRequest for any other that is not in force, and for a body that the actor does not know."""
    before = queries.list_addressee_rows(session, output)
    kept = {(row.organization, row.body_id): row.words for row in before if row.organization or row.body_id}
    for row in before:
        session.delete(row)
    session.flush()
    for place, each in enumerate(cover.addressees, 1):
        words = _name_party(session, actor, output, each) or kept.get((each.organization, each.body_id))
        if words is None:
            raise BadRequest(_("Select an organization of the register that has not ended, or another group."))
        session.add(
            OutputAddressee(
                output_id=output.id,
                position=place,
                organization=each.organization,
                body_id=each.body_id,
                words=words,
                wants=each.wants,
                reply_by=each.reply_by,
                in_reply_to=each.in_reply_to,
            )
        )
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
