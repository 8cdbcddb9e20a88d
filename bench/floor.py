"""Listeners to the floor of a meeting on one process of the portal: memory, and the delay of the last one."""

import asyncio
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Engine

from app.core import clock
from app.core.db import transaction, write_session_factory
from app.core.permissions import Actor
from app.domain.floor.actions import session as floor
from app.domain.floor.actions import speakers_list
from app.domain.floor.inputs import FloorRequestInput
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.rules import get_today_at_meeting
from app.settings import Settings
from bench.results import Measured
from bench.upload import PORT, run_portal

LISTENERS = 500
TIMES = 21


def measure(
    settings: Settings, engine: Engine, meeting: UUID, chair: Actor, delegate: Actor, secret: str
) -> list[Measured]:
    """Measure from each commit of a floor request or its withdrawal until every listener has received it."""
    with transaction(write_session_factory(engine)) as session:
        stored_meeting, starts = session.get_one(Meeting, meeting), clock.now()
        stored_meeting.opens_on = min(stored_meeting.opens_on, get_today_at_meeting(stored_meeting))
        planned = MeetingSession(id=uuid4(), meeting_id=meeting, starts_at=starts, ends_at=starts + timedelta(hours=3))
        session.add(planned)
        session.flush()
        floor.open_meeting_session(session, chair, stored_meeting, planned)
    requester = FloorRequester(engine, meeting, delegate)
    with run_portal(settings) as process:
        memory_before, memory_after, spent = asyncio.run(measure_delays(process, requester, secret, meeting))
    how = f"{LISTENERS} listeners on one process; from the commit until the last one has read it; median of {TIMES}"
    grown = f"growth of the memory of that process while {LISTENERS} listen, from {memory_before:.0f} MB"
    return [
        ("floor_500_last_ms", [each * 1000 for each in spent], "ms", f"{how}, the slowest {max(spent) * 1000:.0f}"),
        ("floor_500_memory_mb", memory_after - memory_before, "MB", grown),
    ]


class FloorRequester:
    """A delegate who changes the floor repeatedly."""

    def __init__(self, engine: Engine, meeting: UUID, delegate: Actor) -> None:
        self._write, self._meeting, self._delegate = write_session_factory(engine), meeting, delegate
        self._request_id: UUID | None = None

    def change_floor(self) -> float:
        """Ask for the floor, or withdraw the request; return the time of the commit."""
        with transaction(self._write) as session:
            stored_meeting = session.get_one(Meeting, self._meeting)
            if self._request_id:
                speakers_list.withdraw_floor_request(session, self._delegate, stored_meeting, self._request_id)
                self._request_id = None
            else:
                self._request_id = speakers_list.request_floor(
                    session, self._delegate, stored_meeting, FloorRequestInput()
                ).id
        return time.perf_counter()


async def measure_delays(
    process: "subprocess.Popen[bytes]", requester: FloorRequester, secret: str, meeting: UUID
) -> tuple[float, float, list[float]]:
    """Return memory before and with all listeners, and the delay of each change to the last listener."""
    lines = [await open_listener(secret, meeting)]  # code loaded on first use does not count
    await asyncio.sleep(1)
    before = resident_memory(process)
    lines += [await open_listener(secret, meeting) for _ in range(LISTENERS - 1)]
    await asyncio.sleep(1)
    spent = []
    for _ in range(TIMES):
        hear = [asyncio.create_task(read_event(line)) for line in lines]
        await asyncio.sleep(0.2)
        committed = await asyncio.to_thread(requester.change_floor)
        spent.append(max(await asyncio.gather(*hear)) - committed)
    after = resident_memory(process)
    for line in lines:
        line[1].close()
    return before, after, spent


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_listener(secret: str, meeting: UUID) -> Line:
    """Open one more listener that has received the current state."""
    line = await asyncio.open_connection("127.0.0.1", PORT)
    head = f"GET /meetings/{meeting}/floor/events HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nCookie: cwg_portal={secret}\r\n"
    line[1].write(f"{head}\r\n".encode())
    await line[0].readuntil(b"event: changed")
    await line[0].readuntil(b"\n\n")
    return line


async def read_event(line: Line) -> float:
    """Return the time when the next event was read."""
    await line[0].readuntil(b"event: changed")
    moment = time.perf_counter()
    await line[0].readuntil(b"\n\n")
    return moment


def resident_memory(process: "subprocess.Popen[bytes]") -> float:
    """Return the resident memory of a process in MB (proc(5), VmRSS)."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
