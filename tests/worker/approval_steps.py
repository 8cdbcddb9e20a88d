"""Approvals as the portal stores them, and what the worker found of them."""

from datetime import timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.domain.outputs.models import Approval, ApprovalCheck, Output, OutputStatus, ReleasePlan
from app.domain.outputs.queries.approval_faults import find_approval_faults
from tests.approval_tokens import prove
from tests.world import World, record_rows

BOTH_VERIFIED = {"ines": ("verified", None), "layla": ("verified", None)}


def approve(world: World, output: Output, who: str, **changes: object) -> None:
    """An approval as the portal stores it, with a genuine sign-in unless `changes` replaces a column."""
    proof = prove(output, world.person(who))
    columns = {
        "text_digest": output.text_digest,
        "id_token": proof.id_token,
        "statement": proof.statement.to_json(),
        "approved_at": clock.now(),
    }
    with transaction(world.write) as session:
        session.add(
            Approval(output_id=output.id, person_id=world.person(who).id, capacity="secretary", **columns | changes)
        )
        record_rows(session)


def put_on_its_way(world: World, output: Output) -> None:
    with transaction(world.write) as session:
        row = session.get_one(Output, output.id)
        row.status, row.release_at, row.let_out_at = OutputStatus.RELEASING, clock.now(), clock.now()
        record_rows(session)


def schedule(world: World, output: Output, *, by: str = "daniel") -> None:
    """Its release is set for the third day, by somebody who approved nothing."""
    with transaction(world.write) as session:
        row, moment = session.get_one(Output, output.id), clock.now()
        row.status, row.release_at = OutputStatus.SCHEDULED, moment + timedelta(days=3)
        row.let_out_by, row.let_out_at = world.person(by).id, moment
        session.add(
            ReleasePlan(
                output_id=output.id,
                number=1,
                release_at=row.release_at,
                set_by=row.let_out_by,
                set_at=moment,
                addressees=["membership"],
            )
        )
        record_rows(session)


def checks(world: World, output: Output) -> dict[str, tuple[str, str | None]]:
    names = {world.person(who).id: who for who in ("ines", "daniel", "layla")}
    with transaction(world.read) as session:
        rows = session.scalars(select(ApprovalCheck).where(ApprovalCheck.output_id == output.id)).all()
    return {names[row.person_id]: (row.outcome, row.cause) for row in rows}


def stored(world: World, output: Output) -> Output:
    with transaction(world.read) as session:
        return session.get_one(Output, output.id)


def list_faults(world: World) -> list[str]:
    with transaction(world.read) as session:
        return list(find_approval_faults(session))
