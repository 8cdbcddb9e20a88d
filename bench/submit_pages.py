"""Time of the pages on which a contribution is submitted: the form, the draft with its file, the check page."""

from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from bench.documents import time_requests
from bench.results import Measured

SECONDS = 3.0


def measure(client: TestClient, engine: Engine, meeting: UUID, draft: UUID) -> Measured:
    """Measure the form of a new contribution as a delegate; the description has the other two pages."""
    addresses = {
        "form": f"/meetings/{meeting}/contributions/new",
        "draft": f"/contributions/{draft}/edit",
        "check": f"/contributions/{draft}/check",
    }
    timed = {name: time_requests(client, engine, [address], SECONDS) for name, address in addresses.items()}
    pages = "; ".join(
        f"{name} {1000 / each.rate:.1f} ms, p99 {each.p99:.0f} ms, {each.statements:.0f} statements, "
        f"{len(client.get(addresses[name]).content) / 1000:.1f} kB"
        for name, each in timed.items()
    )
    return (
        "submit_page_ms",
        [1000 / rate for rate in timed["form"].rates],
        "ms",
        f"GET as a delegate, in process, mean: {pages}",
    )
