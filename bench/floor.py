"""Listeners to the floor of a meeting on one process of the portal: its memory, and when the last of them hears."""

import asyncio
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

from sqlalchemy import Engine

from app.core import clock
from app.core.db import transaction, write_session_factory
from app.core.permissions import Actor
from app.domain.floor.actions import session as actions
from app.domain.floor.actions import speakers_list
from app.domain.floor.inputs import FloorRequestInput
from app.domain.meetings.models import Meeting, MeetingSession
from app.settings import Settings
from bench.upload import PORT, Measured, a_portal

LISTENERS = 500
TIMES = 21


def measure(
    settings: Settings, engine: Engine, meeting: UUID, chair: Actor, delegate: Actor, secret: str
) -> list[Measured]:
    """A delegate asks for the floor and takes it back; from each commit on, until everybody has heard."""
    with transaction(write_session_factory(engine)) as session:
        there, starts = session.get_one(Meeting, meeting), clock.now()
        planned = MeetingSession(id=uuid4(), meeting_id=meeting, starts_at=starts, ends_at=starts + timedelta(hours=3))
        session.add(planned)
        session.flush()
        actions.open_meeting_session(session, chair, there, planned)
    asks = Asks(engine, meeting, delegate)
    with a_portal(settings) as process:
        began, ended, spent = asyncio.run(time_events(process, asks, secret, meeting))
    how = f"{LISTENERS} listeners on one process; from the commit until the last one has read it; median of {TIMES}"
    grown = f"growth of the memory of that process while {LISTENERS} listen, from {began:.0f} MB"
    return [
        ("floor_500_last_ms", median(spent) * 1000, "ms", f"{how}, the slowest {max(spent) * 1000:.0f}"),
        ("floor_500_memory_mb", ended - began, "MB", grown),
    ]


class Asks:
    """One who changes the floor again and again."""

    def __init__(self, engine: Engine, meeting: UUID, delegate: Actor) -> None:
        self._write, self._meeting, self._delegate = write_session_factory(engine), meeting, delegate
        self._asked: UUID | None = None

    def once(self) -> float:
        """Ask, or take it back; returns when that was committed."""
        with transaction(self._write) as session:
            there = session.get_one(Meeting, self._meeting)
            if self._asked:
                speakers_list.withdraw_floor_request(session, self._delegate, there, self._asked)
                self._asked = None
            else:
                self._asked = speakers_list.request_floor(session, self._delegate, there, FloorRequestInput()).id
        return time.perf_counter()


async def time_events(
    process: "subprocess.Popen[bytes]", asks: Asks, secret: str, meeting: UUID
) -> tuple[float, float, list[float]]:
    """Memory before and with all the listeners, and how long each change took to reach the last of them."""
    lines = [await listening(secret, meeting)]  # what is loaded on first use does not count
    await asyncio.sleep(1)
    before = memory(process)
    lines += [await listening(secret, meeting) for _ in range(LISTENERS - 1)]
    await asyncio.sleep(1)
    spent = []
    for _ in range(TIMES):
        hear = [asyncio.create_task(heard(line)) for line in lines]
        await asyncio.sleep(0.2)
        committed = await asyncio.to_thread(asks.once)
        spent.append(max(await asyncio.gather(*hear)) - committed)
    after = memory(process)
    for line in lines:
        line[1].close()
    return before, after, spent


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def listening(secret: str, meeting: UUID) -> Line:
    """One more listener, who has heard how things stand."""
    line = await asyncio.open_connection("127.0.0.1", PORT)
    asked = (
        f"GET /meetings/{meeting}/floor/events HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nCookie: cwg_portal={secret}\r\n"
    )
    line[1].write(f"{asked}\r\n".encode())
    await line[0].readuntil(b"event: changed")
    await line[0].readuntil(b"\n\n")
    return line


async def heard(line: Line) -> float:
    """When the next event had been read."""
    await line[0].readuntil(b"event: changed")
    moment = time.perf_counter()
    await line[0].readuntil(b"\n\n")
    return moment


def memory(process: "subprocess.Popen[bytes]") -> float:
    """What a process holds in memory now, in MB (proc(5), VmRSS)."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
