"""Benchmark of notifications: 500 people and 2,000 events, written, then sent to a mail server of this machine.

People, documents and contributions are written straight into the tables, and the events into the journal. The sender is
a process of its own that is killed (SIGKILL) twice: while it sends single e-mails, and while it sends digests.
"""

import asyncio
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import BytesHeaderParser
from threading import Thread
from typing import cast
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import sessionmaker

from app.core import clock
from app.core.db import WriteSession, create_database_engine, transaction, write_session_factory
from app.core.files.bucket_uploads import open_partial_uploads
from app.core.journal import Event, JournalLine, record_event
from app.domain.bodies.models import Body
from app.domain.contributions.events import ContributionRegistered
from app.domain.documents.events import DocumentRegistered
from app.domain.meetings.events import PracticalChanged
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.notifications.actions.creation import create_notifications
from app.http.mail.rendering import MailContext
from app.settings import Settings
from app.worker.notifications import send_due_notifications
from app.worker.release import WorkerContext
from bench.filling import record_rows

PEOPLE, STATES = 500, 50
DOCUMENTS, CONTRIBUTIONS, CHANGES = 1_480, 500, 20
FILL = (
    "CREATE TEMP TABLE known ON COMMIT DROP AS SELECT a.* FROM portal.accreditation a"
    " JOIN portal.body b ON b.id = a.body_id WHERE b.code = 'cwg-internet' AND a.capacity = 'delegate' LIMIT 1",
    "CREATE TEMP TABLE state ON COMMIT DROP AS SELECT code, row_number() OVER (ORDER BY code) - 1 AS n"
    " FROM portal.member_state WHERE category = 'member_state' LIMIT :states",
    "CREATE TEMP TABLE made ON COMMIT DROP AS SELECT gen_random_uuid() AS id, number, code"
    " FROM generate_series(1, :people) AS number JOIN state ON state.n = number % :states",
    "INSERT INTO portal.person SELECT (jsonb_populate_record(p, jsonb_build_object('id', made.id, 'subject',"
    " 'bench-' || number, 'email', 'bench-' || number || '@example.org', 'entity', code))).*"
    " FROM portal.person p JOIN known ON known.person_id = p.id, made",
    "INSERT INTO portal.accreditation SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(),"
    " 'person_id', made.id, 'entity', code))).* FROM portal.accreditation a JOIN known ON known.id = a.id, made",
    "CREATE TEMP TABLE subject ON COMMIT DROP AS SELECT gen_random_uuid() AS id, number, code"
    " FROM generate_series(1, :documents) AS number JOIN state ON state.n = number % :states",
    "INSERT INTO portal.document SELECT (jsonb_populate_record(d, jsonb_build_object('id', subject.id, 'number',"
    " 10000 + subject.number, 'symbol', 'CWG-Internet 99/' || subject.number, 'entity', code))).*"
    " FROM portal.document d, subject WHERE d.id = (SELECT id FROM portal.document WHERE ended_as IS NULL LIMIT 1)",
    "INSERT INTO portal.contribution SELECT (jsonb_populate_record(c, jsonb_build_object('id', subject.id, 'entity',"
    " code, 'by_entity', code, 'edition_id', NULL))).* FROM portal.contribution c, subject"
    " WHERE number <= :contributions"
    " AND c.id = (SELECT id FROM portal.contribution WHERE status = 'registered' LIMIT 1)",
)


@dataclass
class CountingServer:
    """A mail server that counts the e-mails it accepts by their Message-ID."""

    port: int = 0
    received: Counter[str] = field(default_factory=Counter)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it
        """Accept an e-mail."""
        headers = BytesHeaderParser().parsebytes(cast("bytes", envelope.content))
        self.received[headers["Message-ID"].strip("<>").partition("@")[0]] += 1
        return "250 OK"


@contextmanager
def run_mail_server() -> Iterator[CountingServer]:
    """Run a mail server on its own port, in a thread."""
    counting, loop = CountingServer(), asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(counting, hostname="localhost", loop=loop), "127.0.0.1", 0)
    )
    counting.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield counting
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        server.close()


def fill_tables(owner_url: str) -> tuple[UUID, UUID, list[UUID]]:
    """Write people and what the events are about; returns the body, an open meeting, and the identifiers of documents,
    of which the first are those of contributions too."""
    engine = create_engine(owner_url)
    values = {"people": PEOPLE, "states": STATES, "documents": DOCUMENTS, "contributions": CONTRIBUTIONS}
    with engine.begin() as connection:
        for statement in FILL:
            connection.execute(text(statement), values)
        body, meeting = connection.execute(
            select(Meeting.body_id, Meeting.id)
            .join(Body, Body.id == Meeting.body_id)
            .where(Body.code == "cwg-internet", Meeting.life == MeetingLife.OPEN)
            .limit(1)
        ).one()
        keys = list(connection.scalars(text("SELECT id FROM subject ORDER BY number")))
        record_rows(connection)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()
    return body, meeting, keys


def record_events(factory: sessionmaker[WriteSession], owner_url: str) -> list[int]:
    """Record the events; returns the numbers of their lines."""
    body, meeting, keys = fill_tables(owner_url)
    happened: list[Event] = [DocumentRegistered(key, "CWG-Internet 99/1") for key in keys]
    happened += [ContributionRegistered(key, key, "") for key in keys[:CONTRIBUTIONS]]
    happened += [PracticalChanged(meeting)] * CHANGES
    with transaction(factory) as session:
        before = session.scalar(select(func.max(JournalLine.seq)))
        for event in happened:
            record_event(session, None, event, body=body)
    with transaction(factory) as session:
        return list(session.scalars(select(JournalLine.seq).where(JournalLine.seq > before).order_by(JournalLine.seq)))


def send_everything(settings: Settings, moment: datetime) -> None:
    """Send round after round, as the worker does each minute, until nothing waits."""
    engine = create_database_engine(str(settings.worker_database_url), pool_size=2, application_name="cwg-bench-sender")
    context = WorkerContext(
        write_session_factory(engine),
        settings.open_store(),
        settings.open_release_store(),
        open_partial_uploads(settings.staging_folder, settings.open_store()),
        None,
        mail=MailContext.from_settings(settings),
    )
    with clock.shifted_clock(moment - clock.now()):
        while send_due_notifications(context):
            pass
    engine.dispose()


def run_sender(settings: Settings, moment: datetime, server: CountingServer, *, kill_after: int | None) -> None:
    """Run the sender in a process of its own; kill it once the server has accepted so many more e-mails."""
    process = multiprocessing.get_context("fork").Process(target=send_everything, args=(settings, moment))
    already = server.received.total()
    process.start()
    while process.is_alive():
        if kill_after is not None and server.received.total() - already >= kill_after:
            os.kill(process.pid or 0, signal.SIGKILL)
            break
        time.sleep(0.01)
    process.join()


def measure(settings: Settings) -> list[tuple[str, float, str, str]]:
    """Measure writing and sending; raises AssertionError if an e-mail was lost."""
    with run_mail_server() as server:
        mail = {"smtp_url": SecretStr(f"smtp://127.0.0.1:{server.port}"), "mail_from": "portal@example.org"}
        sending = settings.model_copy(update=mail | {"mail_secret": SecretStr("only-for-measuring-0123456789-mail")})
        context = MailContext.from_settings(sending)
        assert context
        engine = create_database_engine(str(settings.worker_database_url), pool_size=1, application_name="cwg-bench")
        factory = write_session_factory(engine)
        lines = record_events(factory, str(settings.owner_database_url))
        start = time.perf_counter()
        written = 0
        for line in lines:
            with transaction(factory) as session:
                written += create_notifications(session, line, context.digests)
        writing = time.perf_counter() - start
        with transaction(factory) as session:
            single = session.scalar(text("SELECT count(*) FROM portal.letter WHERE digest_id IS NULL")) or 0
        now, digest_time = clock.now(), context.digests.find_next(clock.now())
        start = time.perf_counter()
        run_sender(sending, now, server, kill_after=single // 2)
        run_sender(sending, now, server, kill_after=None)
        sending_single = time.perf_counter() - start
        singles = server.received.total()
        start = time.perf_counter()
        run_sender(sending, digest_time, server, kill_after=PEOPLE // 2)
        run_sender(sending, digest_time, server, kill_after=None)
        sending_digests = time.perf_counter() - start
        with transaction(factory) as session:
            expected = set(
                session.scalars(
                    text(
                        "SELECT id::text FROM portal.letter WHERE digest_id IS NULL AND fate = 'sent'"
                        " UNION ALL SELECT id::text FROM portal.digest WHERE fate = 'sent'"
                    )
                )
            )
            unsent = session.scalar(text("SELECT count(*) FROM portal.letter WHERE fate <> 'sent'")) or 0
        engine.dispose()
    lost = len(expected - server.received.keys()) + unsent
    twice = sum(count - 1 for count in server.received.values())
    how = f"{len(lines)} events, {PEOPLE} people of {STATES} States"
    return [
        (
            "notifications_write_s",
            writing,
            "s",
            f"{written:,} notifications of {how}; {len(lines) / writing:.0f} events/s",
        ),
        (
            "notifications_send_s",
            sending_single,
            "s",
            f"{singles:,} single e-mails, the sender killed after half of them",
        ),
        (
            "digests_send_s",
            sending_digests,
            "s",
            f"{server.received.total() - singles} digests of {written - single:,} notifications, the sender killed"
            " after half of them",
        ),
        ("notifications_lost", lost, "", "neither received nor waiting, after both kills"),
        ("notifications_twice", twice, "", "received again after a kill, with the same Message-ID"),
    ]
