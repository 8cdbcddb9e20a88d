"""Messages of the secretariat: who sends one, who gets it, and that the same form is one message."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.db import set_row_security_entity, transaction
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.journal import JournalLine
from app.domain.messages.actions import send_message
from app.domain.messages.events import SecretariatMessageSent
from app.domain.messages.inputs import MessageText, NewMessage
from app.domain.messages.models import (
    MessageAudience,
    MessageTemplate,
    SecretariatMessage,
    SecretariatMessageText,
)
from app.domain.messages.queries import build_message_address, list_addressees
from app.domain.outbox.queries import build_message_line_condition
from app.domain.participants.actions.registration import cancel_participant
from app.domain.participants.models import Participant
from tests.conftest import Database
from tests.worker.test_notifications import end_accreditation
from tests.world import BODY, World

ENGLISH = "Bring your badges"


def send(
    world: World,
    subject: str = ENGLISH,
    *,
    audience: MessageAudience = MessageAudience.EVERY_SEAT,
    template: MessageTemplate = MessageTemplate.FREE,
    meeting: UUID | None = None,
    texts: Mapping[str, str] | None = None,
    key: UUID | None = None,
    by: str = "ines",
    body: str = BODY,
) -> SecretariatMessage:
    """Send a message with this English subject, and with other subjects by language; each text repeats its subject."""
    subjects = {"en": subject} | dict(texts or {})
    new = NewMessage(
        template=template,
        audience=audience,
        meeting=meeting,
        texts={code: MessageText(subject=each, text=f"{each}: read this.") for code, each in subjects.items()},
    )
    with world.acting(by) as (session, actor):
        return send_message(session, actor, world.body(body), new, key=key or uuid4())


def list_lines(world: World) -> list[JournalLine]:
    with transaction(world.read) as session:
        return list(session.scalars(select(JournalLine).where(JournalLine.event == SecretariatMessageSent.name)))


@pytest.mark.parametrize("who", ["laurent", "layla", "amina", "joseph", "olga"])
def test_no_one_but_the_secretariat_of_the_body_sends_a_message(world: World, who: str) -> None:
    send(world, by="ines")

    with pytest.raises(Forbidden):
        send(world, by=who)
    assert len(list_lines(world)) == 1


def test_each_audience_is_made_of_people_with_a_role_in_the_body(world: World) -> None:
    meeting = world.meeting()
    for key, entity in {"rafael": "BRA", "haruka": "JPN", "amina": "KEN"}.items():
        world.participant(meeting, None, person=world.person(key).id, entity=entity, by="ines")
    other = world.meeting(number=23, opens_in=10)
    world.participant(other, None, person=world.person("joseph").id, entity="KEN", by="ines")
    cancelled = world.participant(meeting, None, person=world.person("laurent").id, entity="CHE", by="ines")
    with world.acting("ines") as (session, actor):
        cancel_participant(session, actor, session.get_one(Participant, cancelled.id), version=1)
    end_accreditation(world, "haruka")
    names = {world.person(key).id: key for key in ("amina", "haruka", "rafael", "joseph", "wambui", "laurent")}

    def found(audience: str) -> set[str]:
        with transaction(world.read) as session:
            address = build_message_address(session, meeting.body_id, audience, meeting.id)
            return {names.get(each.person, "another") for each in list_addressees(session, address)}

    assert found(MessageAudience.FOCAL_POINTS) == {"joseph"}
    assert found(MessageAudience.HEADS_OF_DELEGATION) == {"amina"}
    assert found(MessageAudience.DELEGATES) == {"amina", "rafael"}
    assert found(MessageAudience.PARTICIPANTS) == {"amina", "rafael"}
    assert found(MessageAudience.EVERY_SEAT) == {"amina", "rafael", "joseph", "laurent", "another"}
    assert found("of another version") == set()


def test_the_same_form_is_one_message_and_another_text_is_refused(world: World) -> None:
    key, meeting, other = uuid4(), world.meeting().id, world.meeting(number=23, opens_in=10).id
    first = send(world, key=key, meeting=meeting)

    assert send(world, key=key, meeting=meeting).id == first.id
    for change in (
        {"audience": MessageAudience.DELEGATES},
        {"template": MessageTemplate.DOCUMENTS},
        {"meeting": other},
    ):
        with pytest.raises(Conflict, match="with this form"):
            send(world, key=key, **({"meeting": meeting} | change))
    with pytest.raises(Conflict):
        send(world, "Bring your passports", key=key, meeting=meeting)
    with pytest.raises(Conflict):
        send(world, key=key, meeting=meeting, texts={"fr": "Apportez vos badges"})
    [line] = list_lines(world)
    texts = to_canonical_json({"en": {"subject": ENGLISH, "text": f"{ENGLISH}: read this."}})
    assert (line.facts["message"], line.facts["texts"]) == (str(first.id), hashlib.sha256(texts).hexdigest())
    assert send(world, key=uuid4(), meeting=meeting).id != first.id


def test_a_message_is_about_a_meeting_of_its_body_that_its_members_can_see(world: World) -> None:
    world.serve_the_parent("ines")
    planned, elsewhere = world.planned(number=30), world.parent_meeting()

    for meeting in (planned.id, elsewhere.id, uuid4()):
        with pytest.raises(NotFound):
            send(world, template=MessageTemplate.INVITATION, meeting=meeting)
    send(world, template=MessageTemplate.INVITATION, meeting=world.meeting().id)


def test_no_one_is_reminded_of_a_deadline_that_has_passed(world: World) -> None:
    meeting = world.meeting(opens_in=40)
    send(world, template=MessageTemplate.DEADLINE, meeting=meeting.id)

    until_then = meeting.contributions_due_at + timedelta(seconds=2) - clock.now()
    with clock.shifted_clock(until_then), pytest.raises(Conflict):
        send(world, template=MessageTemplate.DEADLINE, meeting=meeting.id)


def test_no_one_is_invited_to_a_meeting_that_has_ended(world: World) -> None:
    meeting = world.meeting(opens_in=0)
    send(world, template=MessageTemplate.INVITATION, meeting=meeting.id)
    world.moved(meeting, "begin", "close")

    with pytest.raises(Conflict, match="has ended"):
        send(world, template=MessageTemplate.INVITATION, meeting=meeting.id)
    send(world, template=MessageTemplate.DOCUMENTS, meeting=meeting.id)


def test_no_one_is_invited_to_a_cancelled_meeting_or_reminded_of_its_deadline(world: World) -> None:
    meeting = world.meeting(opens_in=40)
    send(world, template=MessageTemplate.INVITATION, meeting=meeting.id)
    world.moved(meeting, "cancel")

    for template in (MessageTemplate.INVITATION, MessageTemplate.DEADLINE):
        with pytest.raises(Conflict, match="was cancelled"):
            send(world, template=template, meeting=meeting.id)
    send(world, "The meeting is cancelled", template=MessageTemplate.FREE, meeting=meeting.id)


@pytest.mark.parametrize(
    "missing",
    [{"template": "invitation"}, {"audience": "participants"}, {"texts": {"fr": {"subject": "B", "text": "B"}}}],
)
def test_what_a_message_needs_is_asked_for(missing: Mapping[str, object]) -> None:
    complete = {"template": "free", "audience": "delegates", "texts": {"en": {"subject": "A", "text": "A"}}}
    NewMessage.model_validate(complete)

    with pytest.raises(ValidationError):
        NewMessage.model_validate(complete | missing)


@pytest.mark.parametrize("table", [SecretariatMessage, SecretariatMessageText])
def test_the_database_shows_a_message_to_the_offices_of_its_body_alone(
    world: World, table: type[SecretariatMessage | SecretariatMessageText]
) -> None:
    body = send(world).body_id

    found = []
    for offices in ([body], [uuid4()], []):
        with transaction(world.read) as session:
            set_row_security_entity(session, "KEN", offices)
            found.append(session.scalar(select(func.count()).select_from(table)))
    assert found == [1, 0, 0]


COPIES = """
INSERT INTO portal.journal_line SELECT (jsonb_populate_record(made, jsonb_build_object(
    'seq', 1000000 + number, 'digest', gen_random_uuid(),
    'facts', made.facts || jsonb_build_object('message', gen_random_uuid())
))).* FROM portal.journal_line made, generate_series(1, 3000) number WHERE made.event = 'secretariat-message:sent';
ANALYZE portal.journal_line
"""


def test_the_line_of_a_message_is_found_by_an_index(world: World, database: Database) -> None:
    sent = send(world)
    database.run_as_superuser(COPIES)
    with transaction(world.read) as session:
        lines = select(JournalLine.seq).where(build_message_line_condition([sent.id]))
        assert len(session.scalars(lines).all()) == 1
        statement = lines.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {statement}").scalars())

    assert "ix_journal_line_message" in plan
