"""Make a body what was entered: its names, legal basis, parent body, default deadlines and rules."""

import hashlib
from collections.abc import Iterable

from app.core.canonical_json import to_canonical_json
from app.domain.bodies.inputs import MEGABYTE, BodyInput
from app.domain.bodies.models import Body


def put_content(body: Body, content: BodyInput) -> None:
    """Make a body what was entered. Access is checked by the caller."""
    body.names, body.legal_basis, body.parent_id = content.names, content.legal_basis, content.parent
    body.admission_words = content.admission_words or None
    body.deadline_days, body.posting_days = content.deadline_days, content.posting_days
    body.proposal_days, body.registration_days = content.proposal_days, content.registration_days
    body.largest_file, body.begins_on = content.largest_file * MEGABYTE, content.begins_on


def put_rules(body: Body, admits: Iterable[str], languages: Iterable[str], silence_hours: int) -> None:
    """Give a body the rules that were entered. Access is checked by the caller."""
    body.admits, body.languages = [str(category) for category in admits], list(languages)
    body.silence_hours = silence_hours


def compute_content_digest(content: BodyInput) -> str:
    """Compute the digest of what was entered, which the journal keeps."""
    return hashlib.sha256(to_canonical_json(content.model_dump(mode="json"))).hexdigest()
