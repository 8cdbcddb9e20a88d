"""Sending a file in chunks: offsets, digests, interruptions, colleagues, and the form at the end."""

import asyncio
import hashlib
import os
import re
import socket
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from fastapi import Request

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.files.partial_uploads import PartialUploadStore
from app.core.permissions import Seat
from app.core.storage import open_store
from app.domain.bodies.models import Body
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.contributions import get_contribution_file
from app.domain.uploads import actions, queries
from app.domain.uploads.actions import MAX_OPEN_UPLOADS
from app.domain.uploads.models import Upload
from app.settings import Settings
from app.web.uploads import resumable
from app.worker.maintenance import remove_expired_uploads
from app.worker.release import WorkerContext
from tests.browser import Browser
from tests.chunks import digest_field, piece_headers
from tests.files import make_docx, make_pdf
from tests.http_server import free_port, served
from tests.portal_app import open_portal_copy
from tests.world import World, record_rows

Opening = Callable[..., Browser]


@dataclass
class Sender:
    """A person who sends a file in chunks, as the script does."""

    browser: Browser
    world: World
    data: bytes = field(default_factory=make_pdf)
    name: str = "text.pdf"
    address: str = ""

    def headers(self, **more: str) -> dict[str, str]:
        return {"Origin": self.browser.origin, "X-Form-Token": self.browser.token} | more

    def begin(self, **more: Any) -> Any:
        """Announce the file without sending any bytes."""
        return self.begin_with(0, **more)

    def piece(self, start: int, end: int, data: bytes | None = None, **more: str) -> Any:
        part, headers = self.data[start:end] if data is None else data, piece_headers(self.data[start:end], start)
        return self.browser.client.patch(self.address, content=part, headers=self.headers(**headers | more))

    def begin_with(
        self, end: int, data: bytes | None = None, headers: dict[str, str] | None = None, **more: str
    ) -> Any:
        params = {"body": str(self.world.body().id), "name": self.name, "size": str(len(self.data))} | more
        part = self.data[:end] if data is None else data
        request_headers = self.headers(**piece_headers(self.data[:end]) | (headers or {}))
        answer = self.browser.client.post("/uploads", params=params, content=part, headers=request_headers)
        self.address = answer.headers.get("Location", "")
        return answer

    def offset(self) -> int:
        return int(self.browser.client.head(self.address).headers["Upload-Offset"])

    def send(self) -> str:
        """Send the file in two chunks; returns the key for the form."""
        self.begin()
        half = len(self.data) // 2
        assert self.piece(0, half).status_code == 204
        assert self.piece(half, len(self.data)).status_code == 204
        return self.address.rpartition("/")[2]


@pytest.fixture
def amina(browser: Opening, world: World) -> Sender:
    return Sender(browser("amina"), world)


def get_file(world: World, key: str, language: str = "en") -> Any:
    with world.acting("amina") as (session, _):
        return get_contribution_file(session, session.get_one(Contribution, key), language)


def test_a_file_sent_in_chunks_becomes_a_file_of_the_draft(
    amina: Sender, world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = world.draft(world.meeting(), file=False)
    started = amina.begin()
    assert (started.status_code, started.headers["Upload-Offset"], started.headers["Upload-Complete"]) == (
        201,
        "0",
        "?0",
    )
    before = clock.now()
    assert amina.piece(0, 700).headers["Upload-Offset"] == "700"
    last = amina.piece(700, len(amina.data))
    assert (last.status_code, last.headers["Upload-Complete"]) == (204, "?1")
    staged = settings.staging_folder / amina.address.rpartition("/")[2]
    inode = staged.stat().st_ino

    answer = amina.browser.post(
        f"/contributions/{draft.id}/files", {"language": "en", "upload": amina.address.rpartition("/")[2]}
    )

    assert answer.status_code == 303, answer.text
    stored_file = get_file(world, draft.id)
    assert (stored_file.sha256, stored_file.size, stored_file.name) == (
        hashlib.sha256(amina.data).hexdigest(),
        len(amina.data),
        "text.pdf",
    )
    assert stored_file.began_at <= before <= stored_file.received_at
    store = open_store(settings.store_url)
    assert b"".join(store.iter_chunks(stored_file.sha256)) == amina.data
    assert store._path(stored_file.sha256).stat().st_ino == inode  # not copied
    assert amina.browser.client.head(amina.address).status_code == 404


def test_a_new_contribution_and_an_output_accept_an_upload_too(amina: Sender, browser: Opening, world: World) -> None:
    meeting = world.meeting()
    cover = {
        "title": "A title",
        "original": "en",
        "purpose": "discussion",
        "key": "11111111-2222-3333-4444-555555555555",
    }
    created = amina.browser.post(f"/meetings/{meeting.id}/contributions", cover | {"upload": amina.send()})
    assert created.status_code == 303, created.text
    assert get_file(world, created.headers["Location"].split("/")[2]).sha256 == hashlib.sha256(amina.data).hexdigest()

    ines = Sender(browser("ines"), world)
    output = world.output(world.meeting(number=21, opens_in=-1))
    answer = ines.browser.post(f"/outputs/{output.id}/files", {"language": "fr", "upload": ines.send()})
    assert answer.status_code == 303, answer.text


def test_the_first_chunk_can_come_with_the_announcement(amina: Sender, settings: Settings) -> None:
    started = amina.begin_with(700)
    assert (started.status_code, started.headers["Upload-Offset"], started.headers["Upload-Complete"]) == (
        201,
        "700",
        "?0",
    )

    last = amina.piece(700, len(amina.data))

    assert (last.status_code, last.headers["Upload-Complete"]) == (204, "?1")
    assert (settings.staging_folder / amina.address.rpartition("/")[2]).read_bytes() == amina.data


def test_a_short_file_is_sent_in_one_request(amina: Sender, world: World) -> None:
    draft = world.draft(world.meeting(), file=False)
    started = amina.begin_with(len(amina.data))
    assert (started.status_code, started.headers["Upload-Complete"]) == (201, "?1")

    key = amina.address.rpartition("/")[2]
    answer = amina.browser.post(f"/contributions/{draft.id}/files", {"language": "en", "upload": key})

    assert answer.status_code == 303, answer.text
    assert get_file(world, draft.id).sha256 == hashlib.sha256(amina.data).hexdigest()


@pytest.mark.parametrize(
    ("status", "wrong"),
    [
        (400, {"data": b"x" * 500}),
        (400, {"data": b""}),
        (400, {"size": ""}),
        (400, {"sha256": "0"}),
        (400, {"headers": {"Content-Digest": ""}}),
        (409, {"headers": {"Upload-Offset": "1"}}),
        (413, {"size": "499"}),
        (413, {"size": str(2**31 - 1)}),
        (403, {"headers": {"X-Form-Token": "x"}}),
    ],
)
def test_a_refused_announcement_leaves_nothing(
    amina: Sender, settings: Settings, status: int, wrong: dict[str, Any]
) -> None:
    assert amina.begin_with(500, **wrong).status_code == status

    assert amina.browser.client.get("/uploads").json() == []
    assert list(settings.staging_folder.iterdir()) == []
    assert amina.begin_with(500).status_code == 201  # the upload was created without an error
    assert len(amina.browser.client.get("/uploads").json()) == 1


def test_a_file_of_another_kind_is_refused_at_its_first_bytes(amina: Sender) -> None:
    """A Word document of the old kind, under a good name: on a bad line its last bytes would come hours later."""
    amina.data = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(100_000)
    answer = amina.begin_with(1000)

    assert answer.status_code == 415
    assert answer.text.startswith("The file is neither a PDF nor a Word document (DOCX)")
    assert amina.browser.client.get("/uploads").json() == []


def test_a_digest_of_the_whole_is_only_accepted_with_the_whole(amina: Sender) -> None:
    params = {"body": str(amina.world.body().id), "name": "a.pdf", "size": str(len(amina.data))}

    def announce(piece: bytes) -> int:
        headers = amina.headers(**piece_headers(piece) | {"Repr-Digest": digest_field(piece)})
        del headers["Content-Digest"]
        answer = amina.browser.client.post("/uploads", params=params, content=piece, headers=headers)
        return int(answer.status_code)

    assert announce(amina.data[:500]) == 400
    assert announce(amina.data) == 201


def test_a_repeated_field_of_an_announcement_is_refused(amina: Sender) -> None:
    params = [("body", str(amina.world.body().id)), ("name", "a.pdf"), ("size", "4"), ("size", "5")]
    headers = amina.headers(**piece_headers(b"%PDF"))

    assert amina.browser.client.post("/uploads", params=params, content=b"%PDF", headers=headers).status_code == 400
    assert amina.browser.client.post("/uploads", params=params[:3], content=b"%PDF", headers=headers).status_code == 201


def test_no_byte_of_a_refused_upload_is_stored(amina: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(MAX_OPEN_UPLOADS):
        amina.begin()
    monkeypatch.setattr(PartialUploadStore, "begin_receiving_chunk", lambda *_, **__: pytest.fail("room was made"))

    assert amina.begin_with(500).status_code == 409
    assert amina.begin_with(500, size=str(100 * 1024 * 1024 + 1)).status_code == 413


def test_a_chunk_at_a_wrong_offset_gets_the_right_offset(amina: Sender) -> None:
    amina.begin()
    amina.piece(0, 500)

    for start, end in ((0, 500), (400, 900), (900, 1000)):
        answer = amina.piece(start, end)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "500")
    assert amina.offset() == 500


@pytest.mark.parametrize(
    "damage",
    [
        {"data": b"x" * 500},
        {"data": b""},
        {"Content-Digest": "md5=:AAAA:"},
        {"Content-Digest": ""},
        {"Content-Type": "application/octet-stream"},
        {"Upload-Offset": "-1"},
        {"Upload-Offset": "0x1"},
    ],
)
def test_a_chunk_that_does_not_match_its_digest_is_discarded(amina: Sender, damage: dict[str, Any]) -> None:
    amina.begin()

    assert amina.piece(0, 500, **damage).status_code == 400
    assert amina.offset() == 0
    assert amina.piece(0, 500).status_code == 204


def test_the_last_chunk_may_carry_the_digest_of_the_whole_file(amina: Sender, world: World) -> None:
    amina.begin()
    size, whole = len(amina.data), digest_field(amina.data)

    def under(repr_digest: str, start: int, end: int, data: bytes | None = None) -> int:
        part = amina.data[start:end] if data is None else data
        kind = {"Content-Type": "application/partial-upload", "Upload-Offset": str(start), "Repr-Digest": repr_digest}
        return amina.browser.client.patch(amina.address, content=part, headers=amina.headers(**kind)).status_code

    assert under(whole, 0, 500) == 400  # this is not the last chunk
    assert under(digest_field(amina.data[:500]), 0, 500) == 400
    assert amina.piece(0, 500).status_code == 204
    assert under(whole, 500, size, b"x" * (size - 500)) == 400
    assert under(digest_field(amina.data[500:]), 500, size) == 400
    assert amina.offset() == 500

    assert under(whole, 500, size) == 204
    with world.acting("amina") as (session, _):
        upload = session.get_one(Upload, amina.address.rpartition("/")[2])
        assert (upload.state, upload.sha256) == ("whole", hashlib.sha256(amina.data).hexdigest())


def test_memory_does_not_grow_with_the_number_of_parts_of_a_chunk(tmp_path: Path) -> None:
    part, parts = b"ab", 100_000
    sent = iter(range(parts))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": bytes(bytearray(part)), "more_body": next(sent) < parts - 1}

    with PartialUploadStore(tmp_path / "arriving").begin_receiving_chunk(0, 2 * parts) as piece:
        tracemalloc.start()
        asyncio.run(resumable.receive_chunk_body(Request({"type": "http"}, receive), piece, 2 * parts))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert (piece.length, piece.digest) == (2 * parts, hashlib.sha256(part * parts).hexdigest())
    assert peak < 2**20


def test_more_bytes_than_announced_are_refused(amina: Sender) -> None:
    amina.begin(size="600")

    assert amina.piece(0, 601).status_code == 413
    assert amina.offset() == 0
    assert amina.piece(0, 600).headers["Upload-Complete"] == "?1"
    assert amina.piece(600, 601).status_code == 409


def test_a_chunk_larger_than_the_limit_is_refused(amina: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resumable, "MAX_CHUNK_SIZE", 400)
    assert "max-append-size=400," in amina.begin().headers["Upload-Limit"]

    assert amina.piece(0, 401).status_code == 413
    assert amina.piece(0, 400).status_code == 204


def test_a_file_that_differs_from_its_announcement_is_not_complete(amina: Sender) -> None:
    amina.begin(sha256="0" * 64)
    amina.piece(0, 500)

    assert amina.piece(500, len(amina.data)).status_code == 400
    assert amina.offset() == 500


def test_bytes_left_by_a_killed_request_are_cut_off(amina: Sender, settings: Settings) -> None:
    amina.begin()
    amina.piece(0, 500)
    staged = settings.staging_folder / amina.address.rpartition("/")[2]
    staged.write_bytes(staged.read_bytes() + b"written, but never acknowledged")

    amina.piece(500, len(amina.data))

    assert staged.read_bytes() == amina.data


def test_only_a_colleague_can_continue_an_upload(amina: Sender, browser: Opening, world: World) -> None:
    world.seat("wambui", "delegate")
    amina.begin()
    amina.piece(0, 500)
    wambui = Sender(browser("wambui"), world, amina.data, address=amina.address)

    uploads = wambui.browser.client.get("/uploads").json()
    assert [(each["address"], each["name"], each["size"]) for each in uploads] == [
        (amina.address, "text.pdf", len(amina.data))
    ]
    head = wambui.browser.client.head(amina.address, headers={"Want-Repr-Digest": "sha-256=1"})
    assert head.headers["Repr-Digest"] == digest_field(amina.data[:500])
    assert wambui.piece(500, len(amina.data)).status_code == 204

    draft = world.draft(world.meeting(), by="rafael")
    for who in ("rafael", "ines", "laurent", "chen", "joseph"):
        other = Sender(browser(who), world, amina.data, address=amina.address)
        assert other.browser.client.get("/uploads").json() == []
        key = amina.address.rpartition("/")[2]
        answers = [
            other.browser.client.head(amina.address),
            other.piece(0, 500),
            other.browser.client.delete(amina.address, headers=other.headers()),
            other.browser.post(f"/contributions/{draft.id}/files", {"language": "en", "upload": key}),
        ]
        # A form never shows the uploads of other people.
        assert [answer.status_code for answer in answers] == [404, 404, 404, 404], who


def test_an_upload_that_is_incomplete_or_refused_by_inspection_is_not_saved(
    amina: Sender, world: World, settings: Settings
) -> None:
    draft = world.draft(world.meeting(), file=False)
    amina.begin()
    amina.piece(0, 500)
    key = amina.address.rpartition("/")[2]
    assert amina.browser.post(f"/contributions/{draft.id}/files", {"language": "en", "upload": key}).status_code == 409

    bad = Sender(amina.browser, world, b"no document at all", "text.pdf")
    answer = amina.browser.post(f"/contributions/{draft.id}/files", {"language": "en", "upload": bad.send()})
    assert answer.status_code == 400
    assert "neither a PDF nor a Word document" in answer.text
    assert amina.browser.client.head(bad.address).status_code == 404
    assert amina.browser.post(f"/contributions/{draft.id}/files", {"language": "en", "upload": "x"}).status_code == 400


def test_a_form_of_another_site_and_a_forged_token_are_refused(amina: Sender) -> None:
    amina.begin()

    assert amina.piece(0, 500, Origin="https://example.org").status_code == 403
    assert amina.piece(0, 500, **{"X-Form-Token": "x"}).status_code == 403
    assert amina.browser.client.delete(amina.address, headers={"Origin": amina.browser.origin}).status_code == 403


def test_limits_are_announced_at_the_start(amina: Sender, world: World) -> None:
    assert amina.begin(size=str(100 * 1024 * 1024 + 1)).status_code == 413
    assert amina.begin(size="0").status_code == 400
    assert amina.begin(sha256="abc").status_code == 400
    for _ in range(MAX_OPEN_UPLOADS):
        assert amina.begin().status_code == 201
    assert amina.begin().status_code == 409
    amina.browser.client.delete(f"/uploads/{first_upload_id(world)}", headers=amina.headers())
    assert amina.begin().status_code == 201


def test_a_bodys_size_limit_can_only_lower_the_portals(amina: Sender, world: World) -> None:
    def set_limit(largest: int) -> None:
        with transaction(world.write) as session:
            record_rows(session)
            session.get_one(Body, world.body().id).largest_file = largest

    set_limit(1000)
    assert amina.begin(size="1001").status_code == 413
    assert amina.begin(size="1000").status_code == 201
    set_limit(2**31 - 1)
    assert amina.begin(size=str(100 * 1024 * 1024 + 1)).status_code == 413


def test_an_upload_started_for_one_body_is_checked_against_the_limit_of_another(amina: Sender, world: World) -> None:
    world.seat("amina", "delegate", body="wg-wsis")
    draft = world.draft(world.meeting(), file=False)
    other_body = world.body("wg-wsis").id
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Body, world.body().id).largest_file = len(amina.data) - 1
    amina.begin(body=str(other_body))
    assert amina.piece(0, len(amina.data)).status_code == 204

    form = {"language": "en", "upload": amina.address.rpartition("/")[2]}
    answer = amina.browser.post(f"/contributions/{draft.id}/files", form)

    assert answer.status_code == 413
    assert "The file is larger than" in answer.text


def test_a_file_counts_from_its_last_chunk_and_not_from_the_form(
    amina: Sender, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = world.draft(world.meeting(), file=False)
    key = amina.send()
    with world.acting("amina") as (session, _):
        whole = session.get_one(Upload, UUID(key)).received_at
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=10))

    answer = amina.browser.post(f"/contributions/{draft.id}/files", {"language": "en", "upload": key})

    assert answer.status_code == 303
    assert get_file(world, draft.id).received_at == whole


def test_a_form_sent_again_says_what_became_of_its_file(amina: Sender, world: World) -> None:
    draft = world.draft(world.meeting(), file=False)
    form = {"language": "en", "upload": amina.send()}
    assert amina.browser.post(f"/contributions/{draft.id}/files", form).status_code == 303

    again = amina.browser.post(f"/contributions/{draft.id}/files", form)

    assert again.status_code == 404
    assert "it has already been used" in again.text
    assert "text.pdf" in again.text


def test_the_form_of_a_new_draft_sent_again_leads_to_the_draft(amina: Sender, world: World) -> None:
    where = f"/meetings/{world.meeting().id}/contributions"
    form = {"key": str(uuid4()), "upload": amina.send()}
    first, again = (amina.browser.post(where, form) for _ in range(2))

    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["Location"] == first.headers["Location"]
    other = amina.browser.post(where, form | {"key": str(uuid4())})
    assert (other.status_code, "it has already been used" in other.text) == (404, True)


def test_only_the_own_incomplete_uploads_count(
    amina: Sender, browser: Opening, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MAX_OPEN_UPLOADS", 1)
    assert Sender(browser("rafael"), world).begin().status_code == 201
    amina.send()

    assert amina.begin().status_code == 201
    assert amina.begin().status_code == 409


@pytest.mark.parametrize("who", ["joseph", "wambui", "chen"])
def test_only_those_who_may_submit_to_a_body_can_start_an_upload(browser: Opening, world: World, who: str) -> None:
    assert Sender(browser(who), world).begin().status_code in {403, 404}
    with transaction(world.work) as session:  # only the worker counts those of all
        assert session.query(Upload).count() == 0


def test_the_end_of_a_seat_ends_its_uploads(amina: Sender, world: World) -> None:
    amina.begin()
    key = UUID(amina.address.rpartition("/")[2])
    seated = world.actor("amina")

    with world.acting("amina") as (session, _):
        assert queries.get_visible_upload(session, seated, key)
        for unseated in (frozenset(), frozenset({Seat("delegate", uuid4(), "KEN")})):
            with pytest.raises(NotFound):
                queries.get_visible_upload(session, replace(seated, seats=unseated), key)


def test_of_two_clients_that_send_the_same_chunk_the_second_gets_the_new_offset(amina: Sender, world: World) -> None:
    """Both looked up the end of the file before their chunk arrived; the second finds the first one's bytes."""
    amina.begin()
    amina.piece(0, 500)

    with world.acting("amina") as (session, actor):
        upload = queries.get_visible_upload(session, actor, UUID(amina.address.rpartition("/")[2]), lock=True)
        with pytest.raises(actions.OffsetMismatch):
            actions.append_chunk(
                session, actor, upload, actions.UploadChunk(0, 500, None), lambda: pytest.fail("written")
            )
        assert upload.received == 500


def test_other_people_cannot_append_take_or_discard_an_upload(amina: Sender, world: World) -> None:
    amina.begin()
    amina.piece(0, 500)
    with world.acting("amina") as (session, _):
        upload = session.get_one(Upload, UUID(amina.address.rpartition("/")[2]))
    with world.acting("rafael") as (session, actor):
        piece = actions.UploadChunk(500, 1, None)
        for act in (
            lambda: actions.append_chunk(session, actor, upload, piece, lambda: pytest.fail("written")),
            lambda: actions.consume_upload(session, actor, upload),
            lambda: actions.discard_upload(session, actor, upload),
        ):
            with pytest.raises(Forbidden):
                act()
    with world.acting("amina") as (session, actor), pytest.raises(Conflict):
        actions.consume_upload(session, actor, session.get_one(Upload, upload.id))


def test_a_complete_file_accepts_no_further_chunk(amina: Sender, world: World) -> None:
    key = UUID(amina.send())

    with world.acting("amina") as (session, actor), pytest.raises(Conflict):
        upload = queries.get_visible_upload(session, actor, key, lock=True)
        end = actions.UploadChunk(upload.received, 0, None)
        actions.append_chunk(session, actor, upload, end, lambda: pytest.fail("written"))


def first_upload_id(world: World) -> str:
    with transaction(world.work) as session:
        return str(session.query(Upload.id).first()[0])


def test_an_expired_upload_is_deleted_with_its_bytes(
    amina: Sender, world: World, settings: Settings, portal: Any
) -> None:
    portal_state = portal.app.state.portal
    context = WorkerContext(world.work, portal_state.store, portal_state.store, portal_state.partial_uploads, None)
    amina.begin()
    amina.piece(0, 500)
    old, young = amina.address.rpartition("/")[2], None
    amina.begin()
    amina.piece(0, 500)
    young = amina.address.rpartition("/")[2]
    with world.acting("amina") as (session, _):
        session.get_one(Upload, old).began_at = clock.now() - actions.UPLOAD_LIFETIME - timedelta(minutes=1)
    assert remove_expired_uploads(context) == 0  # the row is gone; the bytes stay for an hour
    long_ago = clock.now().timestamp() - 7200
    for name in (old, young):
        os.utime(settings.staging_folder / name, (long_ago, long_ago))

    assert remove_expired_uploads(context) == 1

    assert sorted(path.name for path in settings.staging_folder.iterdir()) == [young]


def test_no_connection_is_held_while_a_file_is_examined(
    amina: Sender, world: World, settings: Settings, portal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal_state, connections_in_use = portal.app.state.portal, []
    draft = world.draft(world.meeting(), file=False)
    key = amina.send()
    real = open_store(settings.store_url)

    class Watching(type(real)):
        def put(self, source: Path, sha256: str) -> None:
            connections_in_use.append(
                portal_state.engine.pool.checkedout() + portal_state.writing_engine.pool.checkedout()
            )
            super().put(source, sha256)

        def put_linked_if_possible(self, source: Path, sha256: str) -> None:
            connections_in_use.append(
                portal_state.engine.pool.checkedout() + portal_state.writing_engine.pool.checkedout()
            )
            super().put_linked_if_possible(source, sha256)

    object.__setattr__(portal_state, "store", Watching(str(real.root)))

    sent = {"file": ("text.docx", make_docx("One paragraph."))}
    assert amina.browser.post(f"/contributions/{draft.id}/files", {"language": "fr"}, files=sent).status_code == 303
    answer = amina.browser.post(f"/contributions/{draft.id}/files", {"language": "en", "upload": key})
    assert answer.status_code == 303

    assert connections_in_use == [0, 0]


def send_raw_request(address: tuple[str, int], request: bytes, body: bytes, cut_after: int | None) -> bytes:
    """Send one request over a plain socket; with `cut_after`, close the connection after so many bytes of the body."""
    with closing(socket.create_connection(address, timeout=60)) as line:
        line.sendall(request)
        if cut_after is not None:
            line.sendall(body[:cut_after])
            return b""
        line.sendall(body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += line.recv(65536) or b"\r\n\r\n"
        return answer


def test_a_file_arrives_over_a_connection_that_is_cut_five_times(world: World, settings: Settings) -> None:
    port = free_port()
    settings = settings.model_copy(update={"portal_url": f"http://127.0.0.1:{port}"})
    data = b"%PDF-1.7\n" + os.urandom(3 * 1024 * 1024)
    with (
        open_portal_copy(settings) as portal,
        served(portal, port),
        Browser(portal, settings, world, "amina") as browser,
    ):
        amina = Sender(browser, world, data)
        cookie = browser.client.cookies["cwg_portal"]
        step, cuts = 512 * 1024, [70_000, 1, 400_000, 0, 511_999]
        query = urlencode({"body": world.body().id, "name": "a.pdf", "size": len(data)})
        first = (
            f"POST /uploads?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {settings.portal_url}\r\n"
            f"Cookie: cwg_portal={cookie}\r\nX-Form-Token: {browser.token}\r\n"
            f"Content-Type: application/partial-upload\r\nContent-Digest: {digest_field(data[:step])}\r\n"
            f"Content-Length: {step}\r\nConnection: close\r\n\r\n"
        ).encode()
        send_raw_request(("127.0.0.1", port), first, data[:step], step - 1)
        assert browser.client.get("/uploads").json() == []
        answer = send_raw_request(("127.0.0.1", port), first, data[:step], None).decode()
        amina.address = re.search(r"(?i)\r\nlocation: (\S+)", answer)[1]
        at = amina.offset()
        assert at == step
        while at < len(data):
            part = data[at : at + step]
            head = (
                f"PATCH {amina.address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {settings.portal_url}\r\n"
                f"Cookie: cwg_portal={cookie}\r\nX-Form-Token: {browser.token}\r\nUpload-Offset: {at}\r\n"
                f"Content-Type: application/partial-upload\r\nContent-Digest: {digest_field(part)}\r\n"
                f"Content-Length: {len(part)}\r\nConnection: close\r\n\r\n"
            ).encode()
            send_raw_request(("127.0.0.1", port), head, part, cuts.pop() if cuts else None)
            at = amina.offset()

        assert cuts == []
        staged = settings.staging_folder / amina.address.rpartition("/")[2]
        assert staged.read_bytes() == data
        with transaction(world.work) as session:
            done = session.get_one(Upload, staged.name)
            assert (done.state, done.sha256) == ("whole", hashlib.sha256(data).hexdigest())
