"""Change what a secretariat says of its body: names, legal basis, parent body and default deadlines."""

import hashlib

from app.core import journal
from app.core.canonical_json import to_canonical_json
from app.core.db import RowLockStrength, WriteSession, lock_row
from app.core.errors import require_version
from app.core.permissions import Actor
from app.domain.bodies import events, rules
from app.domain.bodies.inputs import MEGABYTE, BodyInput
from app.domain.bodies.models import Body
from app.domain.bodies.queries.contents import read_body_content, require_possible_parent


def change_body(session: WriteSession, actor: Actor, body: Body, content: BodyInput, *, version: int) -> None:
    """Change a body; what it registered keeps its symbols and deadlines. Raises Forbidden, Conflict once it has ended,
    Stale, and BadRequest for a parent that cannot be."""
    lock_row(session, body, RowLockStrength.NO_KEY_UPDATE)
    rules.CHANGE_BODY.require(actor, rules.EntityInBody(body.id))
    require_version(body.version or 1, version)
    journal.check_actor_now(session, actor)  # also: no other body gets a parent meanwhile
    require_possible_parent(session, content.parent, body.id)
    was = read_body_content(body)
    if content == was:
        return
    put_content(body, content)
    body.version = version + 1
    event = events.BodyChanged(body.version, compute_content_digest(content), compute_content_digest(was))
    journal.record_event(session, actor, event, body=body.id)


def put_content(body: Body, content: BodyInput) -> None:
    """Make a body what was entered. Access is checked by the caller."""
    body.names, body.legal_basis, body.parent_id = content.names, content.legal_basis, content.parent
    body.admission_words = content.admission_words or None
    body.deadline_days, body.posting_days = content.deadline_days, content.posting_days
    body.proposal_days, body.registration_days = content.proposal_days, content.registration_days
    body.largest_file, body.begins_on = content.largest_file * MEGABYTE, content.begins_on


def compute_content_digest(content: BodyInput) -> str:
    """Compute the digest of what was entered, which the journal keeps."""
    return hashlib.sha256(to_canonical_json(content.model_dump(mode="json"))).hexdigest()
