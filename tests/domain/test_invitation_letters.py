"""Letters of invitation: who makes them, for which States, in which language, and what is noted of them."""

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from app.core import clock
from app.core.db import WriteSession, transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound
from app.core.inspection import DOCX
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.bodies.models import Accreditation
from app.domain.files.inputs import NewWordTemplate
from app.domain.identity.models.tables import Person
from app.domain.invitation_letters import actions, queries
from app.domain.invitation_letters.inputs import InvitationChoice, InvitedStates
from app.domain.invitation_letters.models import InvitationLetter
from app.domain.invitation_letters.queries import InvitedState
from app.domain.meetings.models import Meeting
from app.domain.member_states import MEMBER_STATES
from app.domain.participants.actions.registration import cancel_participant
from app.domain.participants.models import Participant
from tests.domain.test_concurrency import run_overlapping
from tests.world import PARENT, World, record_rows

HEADING = {"reference": "CL-27/3", "signatory": "Inés Ortega", "function": "Secretary"}
SELECTED, WITHOUT = InvitedStates.SELECTED, InvitedStates.WITHOUT_LETTER


def make(
    world: World, meeting: Meeting, which: InvitedStates, *selected: str, by: str = "ines", language: str | None = None
) -> dict[str, InvitationLetter]:
    """Make letters; returns those of the set by State."""
    choice = InvitationChoice(which=which, selected=frozenset(selected), language=language, **HEADING)
    with world.acting(by) as (session, actor):
        made = actions.make_letters(session, actor, session.get_one(Meeting, meeting.id), choice)
    with transaction(world.read) as session:
        letters = session.scalars(select(InvitationLetter).where(InvitationLetter.set_id == made)).all()
        return {each.entity: each for each in letters}


def find_state(world: World, meeting: Meeting, code: str) -> InvitedState:
    with transaction(world.read) as session:
        return next(each for each in queries.list_invited_states(session, meeting) if each.code == code)


def speaks(world: World, key: str, locale: str) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(Person).where(Person.id == world.person(key).id).values(locale=locale))


def put_template(
    world: World, *fields: tuple[str, bool], language: str = "fr", by: str = "ines", media: str = DOCX, size: int = 9
) -> str:
    sha256 = f"{len(fields):064d}"
    content = NewWordTemplate(sha256=sha256, size=size, media=media, name="letterhead.docx", fields=fields)
    with world.acting(by) as (session, actor):
        actions.put_invitation_template(session, actor, world.body(), language, content)
    return sha256


@pytest.mark.parametrize("who", ["laurent", "layla", "amina", "joseph", "olga"])
def test_no_one_but_the_secretariat_makes_letters_or_sees_them(world: World, who: str) -> None:
    meeting = world.meeting()
    assert make(world, meeting, SELECTED, "KEN").keys() == {"KEN"}

    with pytest.raises(Forbidden):
        make(world, meeting, SELECTED, "KEN", by=who)
    with pytest.raises(Forbidden):
        put_template(world, ("state", False), by=who)
    with world.acting(who) as (session, actor):
        with pytest.raises(NotFound):
            queries.get_meeting_with_letters(session, actor, meeting.id)
        with pytest.raises(NotFound):
            queries.get_body_with_letters(session, actor, world.body().code)


def test_letters_are_made_for_those_who_have_none_for_the_unregistered_and_for_chosen_ones(world: World) -> None:
    meeting = world.meeting()
    world.participant(meeting)
    assert make(world, meeting, SELECTED, "KEN", "BRA", "ATL").keys() == {"KEN", "BRA"}

    assert make(world, meeting, WITHOUT).keys() == MEMBER_STATES.keys() - {"KEN", "BRA"}
    assert make(world, meeting, InvitedStates.UNREGISTERED).keys() == MEMBER_STATES.keys() - {"KEN"}
    assert make(world, meeting, InvitedStates.ALL).keys() == MEMBER_STATES.keys()
    with pytest.raises(BadRequest, match="no such Member State"):
        make(world, meeting, WITHOUT)
    with pytest.raises(ValidationError):
        make(world, meeting, SELECTED)
    assert len(make(world, world.meeting(number=23), WITHOUT)) == len(MEMBER_STATES)


def test_it_is_noted_when_by_whom_and_for_whom_letters_were_made(world: World) -> None:
    meeting = world.meeting()
    assert find_state(world, meeting, "KEN").last_letter is None

    make(world, meeting, SELECTED, "KEN", by="ines")
    make(world, meeting, SELECTED, "KEN", by="daniel", language="fr")

    last = find_state(world, meeting, "KEN").last_letter
    assert last is not None
    assert (last.language, last.author) == ("fr", world.person("daniel").name)
    with transaction(world.read) as session:
        sets = queries.list_letter_sets(session, meeting)
        lines = session.scalars(select(JournalLine).where(JournalLine.event == "invitation-letter:made")).all()
        assert [(row.reference, name, count) for row, name, count in sets] == [
            ("CL-27/3", world.person(who).name, 1) for who in ("daniel", "ines")
        ]
        assert sets[0][0].made_at == last.made_at
        assert [line.facts["made"] for line in lines] == [1, 1]
        with pytest.raises(NotFound):
            queries.get_letter_set(session, world.meeting(number=23), sets[0][0].id)


def test_a_letter_is_in_the_language_of_the_focal_points_of_the_state(world: World) -> None:
    meeting = world.meeting()
    speaks(world, "joseph", "fr")
    speaks(world, "amina", "ru")  # a delegate

    letters = make(world, meeting, InvitedStates.ALL)
    assert (letters["KEN"].lang, letters["TUV"].lang) == ("fr", "en")
    speaks(world, "joseph", "sw")
    assert make(world, meeting, InvitedStates.ALL)["KEN"].lang == "en"
    assert {each.lang for each in make(world, meeting, InvitedStates.ALL, language="ar").values()} == {"ar"}


def test_only_focal_points_of_the_group_who_are_accredited_now_choose_the_language(world: World) -> None:
    meeting = world.meeting()
    speaks(world, "amina", "ru")
    world.seat("amina", "focal_point", body=PARENT)
    speaks(world, "joseph", "fr")
    assert find_state(world, meeting, "KEN").language == "fr"

    with transaction(world.write) as session:
        record_rows(session)
        joseph = Accreditation.person_id == world.person("joseph").id
        session.execute(update(Accreditation).where(joseph).values(ended_at=clock.now()))
    assert find_state(world, meeting, "KEN").language is None


def test_a_state_whose_participants_were_cancelled_is_not_registered(world: World) -> None:
    meeting = world.meeting()
    participant = world.participant(meeting)
    assert find_state(world, meeting, "KEN").is_registered

    with world.acting("joseph") as (session, actor):
        row = session.get_one(Participant, participant.id)
        cancel_participant(session, actor, row, version=row.version)

    assert not find_state(world, meeting, "KEN").is_registered


def test_the_heading_of_the_last_letters_is_offered_in_their_group_alone(world: World) -> None:
    meeting, another = world.meeting(), world.meeting(number=23)
    make(world, meeting, SELECTED, "KEN")
    elsewhere = world.parent_meeting()
    with transaction(world.read) as session:
        found = [queries.find_last_set(session, each) for each in (meeting, another, elsewhere)]
        assert [each and each.meeting_id for each in found] == [meeting.id, meeting.id, None]


def test_letters_are_made_only_of_a_meeting_that_is_convened_and_has_not_ended(world: World) -> None:
    with pytest.raises(Conflict, match="not been convened"):
        make(world, world.planned(), SELECTED, "KEN")
    meeting = world.moved(world.meeting(), "cancel")
    with pytest.raises(Conflict, match="closed or cancelled"):
        make(world, meeting, SELECTED, "KEN")


def test_two_secretaries_do_not_make_letters_for_the_same_states(world: World) -> None:
    meeting = world.meeting()

    def make_missing(session: WriteSession, actor: Actor) -> None:
        choice = InvitationChoice(which=WITHOUT, **HEADING)
        actions.make_letters(session, actor, session.get_one(Meeting, meeting.id), choice)

    with pytest.raises(BadRequest):
        run_overlapping(world, ("ines", make_missing), ("daniel", make_missing))

    with transaction(world.read) as session:
        assert len(queries.list_letter_sets(session, meeting)) == 1


def test_a_letter_keeps_the_template_of_its_language_that_it_was_made_with(world: World) -> None:
    meeting, fields = world.meeting(), (("state", False), ("dates_to_keep", True))
    sha256 = put_template(world, *fields)
    assert make(world, meeting, SELECTED, "KEN", language="fr")["KEN"].template == sha256
    assert make(world, meeting, SELECTED, "KEN", language="es")["KEN"].template is None

    with world.acting("ines") as (session, actor):
        actions.reset_invitation_template(session, actor, world.body(), "fr")
    assert make(world, meeting, SELECTED, "KEN", language="fr")["KEN"].template is None
    with transaction(world.read) as session:
        events = session.scalars(
            select(JournalLine.event).where(JournalLine.event == "invitation-letter:template-changed")
        ).all()
        assert len(events) == 2
        assert queries.find_invitation_templates(session, world.body().id) == {}
        assert len(queries.list_invitation_templates(session, world.body().id, "fr")) == 2
        assert len(queries.list_invitation_templates(session, world.body(PARENT).id, "fr")) == 0


@pytest.mark.parametrize(
    ("fields", "more", "message"),
    [
        ([("chairman", False), ("state", False)], {}, "unknown fields: “chairman”"),
        ([("title", True)], {}, "must contain the field"),
        ([("state", True), ("dates_to_keep", False)], {}, "in a separate paragraph"),
        ([("state", True), ("dates_to_keep", True), ("dates_to_keep", True)], {}, "once"),
        ([("state", True)], {"media": "application/pdf"}, "Word document"),
        ([("state", True)], {"size": actions.MAX_TEMPLATE_BYTES + 1}, "larger than 1 MB"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(
    world: World, fields: list[tuple[str, bool]], more: dict[str, object], message: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        put_template(world, *fields, **more)
    assert message in refused.value.reason.translate("en")
    with transaction(world.read) as session:
        assert queries.find_invitation_templates(session, world.body().id) == {}
