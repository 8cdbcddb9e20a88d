"""Signed statements about reporting duties that were made public: which organization reports to which group, and what
became of each report.

They are not in the manifests, which are about outputs. The read path shows none that is not signed.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.core.canonical_json import to_canonical_json
from app.core.db import LocalizedText, ReadSession
from app.core.signing import PublicKey, Signer
from app.domain.releases.models import ReleasedDuty

RELEASED_DUTY_FORMAT = "cwg-reporting-duty/1"
SHOWN_STATES = frozenset({"asked", "answered", "declined"})


@dataclass(frozen=True, slots=True)
class PublicReport:
    """A report that is expected of an organization by a day; `declined_on` is when it said that it will not report."""

    due_on: date
    state: str
    declined_on: date | None = None


@dataclass(frozen=True, slots=True)
class PublicDuty:
    """What an organization reports to a group under a clause, with the names of both, and its reports by their days."""

    id: UUID
    organization: str
    names: LocalizedText = field(hash=False)
    group: str
    clause: str
    clause_names: LocalizedText = field(hash=False)
    reports: Sequence[PublicReport] = ()


def build_duty_statement(duty: PublicDuty) -> str:
    """Build the statement that is signed, as canonical JSON."""
    reports = [
        {
            "due_on": report.due_on.isoformat(),
            "state": report.state,
            "declined_on": report.declined_on.isoformat() if report.declined_on else None,
        }
        for report in duty.reports
    ]
    content = {
        "format": RELEASED_DUTY_FORMAT,
        "id": str(duty.id),
        "organization": duty.organization,
        "names": dict(duty.names),
        "group": duty.group,
        "clause": duty.clause,
        "clause_names": dict(duty.clause_names),
        "reports": reports,
    }
    return to_canonical_json(content).decode()


def sign_duty_statement(duty_id: UUID, statement: str, signer: Signer) -> Mapping[str, object]:
    """Sign a statement; return the values of its row."""
    signature = b64encode(signer.sign(statement.encode())).decode()
    return {"id": duty_id, "statement": statement, "signature": signature, "public_key": signer.public_key.text}


def parse_signed_duty(row: ReleasedDuty, keys: Iterable[PublicKey]) -> PublicDuty | None:
    """Return the duty of a row that one of these keys signed; None for any other row."""
    try:
        signature = b64decode(row.signature, validate=True)
        if not any(key.text == row.public_key and key.verify(signature, row.statement.encode()) for key in keys):
            return None
        content = json.loads(row.statement)
        if (content["format"], content["id"]) != (RELEASED_DUTY_FORMAT, str(row.id)):
            return None
        reports = tuple(_parse_report(each) for each in content["reports"])
        names, clause_names = dict(content["names"]), dict(content["clause_names"])
        return PublicDuty(
            row.id, content["organization"], names, content["group"], content["clause"], clause_names, reports
        )
    except (ValueError, KeyError, TypeError):
        return None


def _parse_report(content: Mapping[str, str | None]) -> PublicReport:
    """Return a report of a statement. Raises ValueError, KeyError, TypeError."""
    due_on, state, declined_on = content["due_on"], content["state"], content["declined_on"]
    if due_on is None or state not in SHOWN_STATES or (state == "declined") != (declined_on is not None):
        raise ValueError("not a report")
    return PublicReport(date.fromisoformat(due_on), state, date.fromisoformat(declined_on) if declined_on else None)


def list_released_duties(session: ReadSession) -> Sequence[ReleasedDuty]:
    """List the rows of all public duties, in the order of their ids. They are not verified."""
    return session.scalars(select(ReleasedDuty).order_by(ReleasedDuty.id)).all()


def list_signed_duties(session: ReadSession, keys: Sequence[PublicKey]) -> tuple[Sequence[PublicDuty], frozenset[UUID]]:
    """List the public duties that one of these keys signed, in the order of their ids, and the ids of all others."""
    parsed = {row.id: parse_signed_duty(row, keys) for row in list_released_duties(session)}
    return [duty for duty in parsed.values() if duty], frozenset(each for each, duty in parsed.items() if duty is None)
