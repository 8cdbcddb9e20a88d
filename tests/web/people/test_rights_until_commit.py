"""Rights hold until the commit: what was ended while a request was under way does not act any more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import WriteSession, lock_row, set_row_security_entity, transaction
from app.core.errors import Forbidden, NotFound
from app.core.journal import ACTOR_CHECK_KEY, check_actor_now, savepoint
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.actions import seats
from app.domain.bodies.models import Accreditation, Appointment
from app.domain.bodies.queries.seats import require_seats_still_held
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.identity.actions.sessions import end_sessions
from app.domain.identity.models.tables import Person, UserSession
from app.domain.topics.actions import create_topic
from app.domain.topics.inputs import NewTopic
from app.domain.uploads import actions as uploads
from app.domain.uploads.actions import UploadChunk
from app.domain.uploads.inputs import NewUpload
from app.domain.uploads.models import Upload
from app.web.documents import exports
from tests.browser import Browser
from tests.waiting import is_lock_waiting, wait_until
from tests.world import BODY, World, record_rows

Ending = Callable[[World], None]
NAMES = dict.fromkeys(("en", "fr", "es", "ru", "ar", "zh"), "Another")
BECAUSE = ReasonInput(reason="Because.")


def end_accreditation_of_amina(world: World) -> None:
    with world.acting("ines") as (session, actor):
        of_amina = select(Accreditation).where(Accreditation.person_id == world.person("amina").id)
        seats.end_accreditation(session, actor, session.scalars(of_amina).one(), BECAUSE)


def send_amina_to_another_state(world: World) -> None:
    """What a sign-in with a token of another State does to the row of a person."""
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(Person).where(Person.id == world.person("amina").id).values(entity="DEU"))


def change_nothing(_: World) -> None:
    """The control: nothing is ended."""


def submit(browser: Browser, contribution: Contribution) -> int:
    path = f"/contributions/{contribution.id}/submit"
    return browser.post(path, {"version": contribution.version}).status_code


@pytest.mark.parametrize(
    ("meanwhile", "status", "stays"),
    [
        (change_nothing, 303, ContributionStatus.SUBMITTED),
        (end_accreditation_of_amina, 403, ContributionStatus.DRAFT),
        (send_amina_to_another_state, 403, ContributionStatus.DRAFT),
    ],
)
def test_a_submission_under_way_is_refused_once_its_right_was_ended(
    world: World, browser: Callable[[str], Browser], meanwhile: Ending, status: int, stays: str
) -> None:
    draft, amina = world.draft(world.meeting()), browser("amina")
    with ThreadPoolExecutor(1) as pool:
        with world.acting("amina") as (holder, _):
            lock_row(holder, holder.get_one(Contribution, draft.id))
            submission = pool.submit(submit, amina, draft)
            wait_until_blocked(world)
            meanwhile(world)

        assert submission.result() == status

    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        row = session.execute(select(Contribution.status).where(Contribution.id == draft.id))
        assert row.scalar_one() == stays


def wait_until_blocked(world: World) -> None:
    with world.read() as session:
        asked: Session = session
        wait_until(lambda: is_lock_waiting(asked), "the submission waits for no lock")


@pytest.fixture
def checking_world(world: World) -> World:
    """Its transactions check the actor as those of the portal do."""
    world.write.configure(info=world.write.kw["info"] | {ACTOR_CHECK_KEY: require_seats_still_held})
    return world


def find_office(session: WriteSession, actor: Actor) -> Appointment:
    own = select(Appointment).where(Appointment.person_id == actor.person, Appointment.ended_at.is_(None))
    return session.scalars(own.limit(1)).one()


def test_somebody_may_end_their_own_office(checking_world: World) -> None:
    checking_world.seat("ines", "secretary", body="wg-wsis")
    with checking_world.acting("ines") as (session, actor):
        office = find_office(session, actor)
        seats.end_office(session, actor, office, BECAUSE)

    assert len(checking_world.actor("ines").seats) == len(actor.seats) - 1


def test_an_end_is_refused_if_the_right_to_it_was_ended_first(checking_world: World) -> None:
    world = checking_world
    with pytest.raises(Forbidden, match="Your rights changed"), world.acting("ines") as (session, actor):
        with world.acting("daniel") as (other, colleague):
            seats.end_office(other, colleague, find_office(other, actor), BECAUSE)
        seats.end_office(session, actor, find_office(session, world.actor("daniel")), BECAUSE)

    assert world.actor("daniel").has_role(world.body(BODY).id, "secretary")


def test_closing_a_body_to_ones_own_category_is_recorded(checking_world: World) -> None:
    checking_world.change_body(admits=["member_state", "sector_member"])

    assert checking_world.body(BODY).admits == ["member_state", "sector_member"]


def test_a_seat_that_was_gained_meanwhile_refuses_nothing(checking_world: World) -> None:
    with checking_world.acting("ines") as (session, actor):
        create_topic(session, actor, NewTopic(code="another", **NAMES))
        checking_world.seat("ines", "secretary", body="wg-wsis")

    assert len(checking_world.actor("ines").seats) == len(actor.seats) + 1


@pytest.mark.parametrize("act_first", [True, False])
def test_a_savepoint_that_is_undone_leaves_no_actor_unchecked(checking_world: World, act_first: bool) -> None:
    """What was recorded before it is still checked; a check in it is not valid any more, as its lock was released."""
    world = checking_world
    with pytest.raises(Forbidden, match="Your rights changed"), world.acting("ines") as (session, actor):
        if act_first:
            create_topic(session, actor, NewTopic(code="first", **NAMES))
        with suppress(NotFound), savepoint(session):
            check_actor_now(session, actor)
            raise NotFound
        with world.acting("daniel") as (other, colleague):
            seats.end_office(other, colleague, find_office(other, actor), BECAUSE)
        if not act_first:
            create_topic(session, actor, NewTopic(code="another", **NAMES))


def sign_amina_out(world: World) -> None:
    with transaction(world.write) as session:
        end_sessions(session, UserSession.person_id == world.person("amina").id, "own")


@pytest.mark.parametrize("meanwhile", [end_accreditation_of_amina, send_amina_to_another_state])
def test_a_chunk_that_arrives_after_the_right_was_ended_is_not_stored(world: World, meanwhile: Ending) -> None:
    new = NewUpload(body=world.body().id, name="paper.pdf", size=2)
    with world.acting("amina") as (session, actor):
        upload = uploads.begin_upload(session, actor, new, max_size=10, began_at=clock.now())
        uploads.append_chunk(session, actor, upload, UploadChunk(0, 1, None), lambda: ())
    stored: list[str] = []
    with pytest.raises(Forbidden, match="Your rights changed"), world.acting("amina") as (session, actor):
        row = session.get_one(Upload, upload.id)
        meanwhile(world)
        uploads.append_chunk(session, actor, row, UploadChunk(1, 1, "0" * 64), lambda: stored.append("written"))

    with transaction(world.work) as session:
        assert session.get_one(Upload, upload.id).received == 1
    assert stored == []


@pytest.mark.parametrize("meanwhile", [change_nothing, end_accreditation_of_amina, sign_amina_out])
@pytest.mark.parametrize("download", ["csv", "zip"])
def test_a_download_is_cut_off_once_its_right_was_ended(
    world: World,
    browser: Callable[[str], Browser],
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Ending,
    download: str,
) -> None:
    """The right ends after the first of three documents was sent."""
    meeting, sent = world.meeting(), []
    for _ in range(3):
        world.registered(meeting)
    monkeypatch.setattr(exports, "BATCH_SIZE", 1)
    name = "_csv_cells" if download == "csv" else "open_file_while_allowed"
    send_next = getattr(exports, name)

    def send(*given: object) -> object:
        if len(sent) == 1:
            meanwhile(world)
        piece = send_next(*given)
        sent.append(given)
        return piece

    monkeypatch.setattr(exports, name, send)
    amina = browser("amina")
    with suppress(Exception):  # what a client sees of a response that is cut off
        amina.get(f"/meetings/{meeting.id}/documents.{download}")

    cut_off = 2 if download == "csv" else 1  # a row is made after the check of its batch, a file is opened after it
    assert len(sent) == (3 if meanwhile is change_nothing else cut_off)
