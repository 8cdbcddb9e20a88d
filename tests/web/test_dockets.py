"""The tables of dockets, row by row: the life of a thing, then who reads, and of whom what is asked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.core import clock
from app.core.permissions import Actor, Seat
from app.domain.circulations.rules import CirculationRuleSubject
from app.domain.contributions.models import Contribution
from app.domain.meetings.models import Meeting
from app.domain.member_states import EntityName
from app.domain.outputs.models import Output
from app.domain.outputs.rules.failures import RELEASE_FAILURE_TEXTS, WITHDRAWAL_FAILURE_TEXTS
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.reports.rules.reports import ReportRuleSubject
from app.domain.silence.rules import SilenceRuleSubject
from app.http.localization import Localizer
from app.web.views.dockets.circulations import CIRCULATION_DOCKETS, build_circulation_docket
from app.web.views.dockets.contributions import CONTRIBUTION_DOCKETS, build_contribution_docket
from app.web.views.dockets.meetings import DEADLINE_PASSED, MEETING_DOCKETS, build_meeting_docket
from app.web.views.dockets.outputs import OUTPUT_DOCKETS, build_output_docket, build_silence_docket
from app.web.views.dockets.reports import REPORT_DOCKETS, build_report_docket
from app.web.views.dockets.rows import Docket

BODY, SOMEBODY = UUID(int=1), UUID(int=99)
NOW = clock.now()
TODAY = NOW.date()
ENGLISH = Localizer("en")


def seat(number: int, entity: str, *roles: str) -> Actor:
    return Actor(UUID(int=number), "", "member_state", entity, frozenset(Seat(role, BODY, entity) for role in roles))


AMINA = seat(2, "KEN", "head_of_delegation")
JOSEPH = seat(3, "KEN", "focal_point")
DANIEL = seat(4, "KEN", "delegate")
RAFAEL = seat(5, "BRA", "delegate")
HARUKA = seat(6, "JPN", "delegate")
LAURENT = seat(7, "CHE", "chair")
LAYLA = seat(8, "SAU", "vice_chair")
INES = seat(9, "ITU", "secretary")
CHAIR_ELSEWHERE = replace(DANIEL, seats=DANIEL.seats | {Seat("chair", UUID(int=2), "KEN")})


def contribution(**facts: object) -> Callable[[Actor], Docket]:
    """The docket of a contribution of Kenya to which Brazil is invited."""
    about = {name: facts.pop(name) for name in list(facts) if name in ABOUT_CONTRIBUTION}
    row = Contribution(
        **{"body_id": BODY, "entity": "KEN", "by_entity": "KEN", "status": "draft", "step": "text", "late": False}
        | {"invited": ["BRA"], "declined": []}
        | facts
    )
    until = NOW + timedelta(hours=1) if about.pop("rejected", False) else None
    is_invited, may_confirm = about.pop("is_invited", False), about.pop("may_confirm", True)

    def read(actor: Actor) -> Docket:
        may = {"may_confirm": may_confirm and actor.entity == "KEN", "is_invited": is_invited and actor.entity == "BRA"}
        return build_contribution_docket(
            actor,
            row,
            meeting(),
            ENGLISH,
            replacement_ends_at=until,
            **may,
            **about,
        )

    return read


ABOUT_CONTRIBUTION = {
    *("awaits_state", "may_confirm", "needs_clearance", "is_invited"),
    *("has_ended", "waits_for_verdict", "rejected"),
}
ON_BEHALF = {"by_entity": "ITU", "submitted_at": NOW}


def output(status: str, silence: str = "", **facts: object) -> Callable[[Actor], Docket]:
    """The docket of an output that Laurent adopted, Haruka's State having sponsored nothing."""
    failed = facts.pop("failed_because", None)
    row = Output(status=status, failed_because=failed, still_to_come=list(facts.get("still_to_come", ())))
    case = OutputRuleSubject(BODY, status=status, has_failed=failed is not None, **facts)
    return lambda actor: build_output_docket(actor, row, silence_on(case, silence or None, actor), silence=silence)


def silence_on(case: OutputRuleSubject, status: str | None, actor: Actor, **later: bool) -> SilenceRuleSubject:
    is_open = status == "open"
    until = NOW + timedelta(hours=1) if is_open else NOW
    shown = "open" if status == "due" else status
    return SilenceRuleSubject(case, actor.entity, shown, until, frozenset({"KEN"}), **later)


def procedure(
    status: str, output_status: str = "draft", stance: str | None = None, life: str = "open", **later: bool
) -> Callable[[Actor], Docket]:
    case = OutputRuleSubject(BODY, status=output_status, meeting_life=life)
    return lambda actor: build_silence_docket(
        actor, Output(status=output_status), silence_on(case, status, actor, **later), status=status, own_stance=stance
    )


def version(*, unanswered: int = 0, is_latest: bool = True, status: str = "draft") -> Callable[[Actor], Docket]:
    case = OutputRuleSubject(BODY, status=status)
    return lambda actor: build_circulation_docket(
        actor,
        CirculationRuleSubject(case, actor.entity, is_latest),
        unanswered=unanswered,
        comments_by=("in 3 days", "Wednesday"),
    )


def meeting(life: str = "open", opens_in: int = 30, due_in: int = 10) -> Meeting:
    opens_on = TODAY + timedelta(days=opens_in)
    return Meeting(
        body_id=BODY,
        life=life,
        zone="UTC",
        opens_on=opens_on,
        closes_on=opens_on + timedelta(days=2),
        deputies=["secretary"],
        contributions_due_at=NOW + timedelta(days=due_in),
        posting_due_at=NOW + timedelta(days=opens_in - 1),
        registration_due_at=NOW + timedelta(days=20),
    )


def met(life: str, opens_in: int = 30, due_in: int = 10) -> Callable[[Actor], Docket]:
    def read(actor: Actor) -> Docket:
        docket = build_meeting_docket(actor, meeting(life, opens_in, due_in), EntityName(actor.entity), ENGLISH)
        assert docket
        return docket

    return read


def report(stage: str, *, is_disputed: bool = False) -> Callable[[Actor], Docket]:
    def read(actor: Actor) -> Docket:
        subject = ReportRuleSubject(meeting("closed", -2), stage, actor.entity)
        return build_report_docket(actor, subject, is_disputed=is_disputed)

    return read


YOU, NO_ONE = "Action for you", "Action"
KENYA, BRAZIL, JAPAN = (f"Action for you, on behalf of {name}" for name in ("Kenya", "Brazil", "Japan"))
FOR_KENYA, FOR_CHAIR, FOR_SECRETARIAT = "Action for Kenya", "Action for the chair", "Action for the secretariat"
FOR_KENYA_AND_CHAIR = "Action for Kenya and the chair"
FOR_BOTH, FOR_ANOTHER = "Action for the chair and the secretariat", "Action for another person"
FOR_DELEGATIONS, FOR_STATES = "Action for the delegations", "Action for the Member States of the group"
NOTHING = "No action needed"
HELD = {"status": "held", "late": True}
LATE = {"status": "submitted", "late": True}
FAILURE, WITHDRAWAL_FAILURE = next(iter(RELEASE_FAILURE_TEXTS)), next(iter(WITHDRAWAL_FAILURE_TEXTS))
PROPOSED = output("released", withdrawal_proposed_by=LAYLA.person)
APPROVED = output("approved", approvers=frozenset({SOMEBODY, LAURENT.person}))
SUBMITTED = contribution(status="submitted")
TO_CONFIRM = contribution(status="submitted", awaits_state=True, **ON_BEHALF)
TO_CONFIRM_LATE = contribution(awaits_state=True, **LATE, **ON_BEHALF)

CASES: list[tuple[Callable[[Actor], Docket], Actor, str, str]] = [
    (contribution(rejected=True, status="returned"), DANIEL, YOU, "Replace the rejected file"),
    (contribution(rejected=True, status="returned"), RAFAEL, FOR_KENYA, "Replace the rejected file"),
    (contribution(rejected=True, **ON_BEHALF), INES, YOU, "Replace the rejected file"),
    (contribution(rejected=True, **ON_BEHALF), AMINA, FOR_SECRETARIAT, "Replace the rejected file"),
    (contribution(needs_clearance=True), AMINA, YOU, "Read the draft, then clear it"),
    (contribution(needs_clearance=True), DANIEL, YOU, "Complete and submit the draft"),
    (contribution(needs_clearance=True, is_invited=True), RAFAEL, BRAZIL, "Co-sponsor or decline"),
    (contribution(needs_clearance=True), RAFAEL, FOR_KENYA, "Complete and submit the draft"),
    (contribution(), AMINA, YOU, "Complete and submit the draft"),
    (contribution(is_invited=True), RAFAEL, BRAZIL, "Co-sponsor or decline"),
    (contribution(), RAFAEL, FOR_KENYA, "Complete and submit the draft"),
    (contribution(**ON_BEHALF), INES, YOU, "Complete and submit the draft"),
    (contribution(is_invited=True, **ON_BEHALF), RAFAEL, BRAZIL, "Co-sponsor or decline"),
    (contribution(**ON_BEHALF), AMINA, FOR_SECRETARIAT, "Complete and submit the draft"),
    (TO_CONFIRM_LATE, LAURENT, YOU, "Decide whether to accept"),
    (TO_CONFIRM_LATE, JOSEPH, KENYA, "Confirm the contribution"),
    (TO_CONFIRM_LATE, INES, "Action for Kenya and the chair", "Confirm the contribution"),
    (contribution(awaits_state=True, **HELD, **ON_BEHALF), INES, YOU, "Transfer the contribution"),
    (contribution(waits_for_verdict=True, **HELD), INES, YOU, "Transfer the contribution"),
    (contribution(awaits_state=True, may_confirm=False, **LATE, **ON_BEHALF), AMINA, FOR_KENYA_AND_CHAIR, "Confirm"),
    (contribution(awaits_state=True, **HELD, **ON_BEHALF), AMINA, FOR_SECRETARIAT, "Transfer the contribution"),
    (TO_CONFIRM, DANIEL, KENYA, "Confirm the contribution"),
    (TO_CONFIRM, INES, FOR_KENYA, "Confirm the contribution"),
    (contribution(**LATE), LAURENT, YOU, "Decide whether to accept"),
    (contribution(**LATE), INES, FOR_CHAIR, "Decide whether to accept"),
    (contribution(status="submitted", waits_for_verdict=True), INES, NO_ONE, NOTHING),
    (SUBMITTED, INES, YOU, "Check and register"),
    (SUBMITTED, AMINA, FOR_SECRETARIAT, "Check and register"),
    (contribution(**HELD), INES, YOU, "Transfer the contribution"),
    (contribution(**HELD), LAURENT, FOR_SECRETARIAT, "Transfer the contribution"),
    (contribution(status="registered"), INES, NO_ONE, NOTHING),
    (contribution(status="registered", has_ended=True), AMINA, NO_ONE, NOTHING),
    (output("draft", has_original_text=False), INES, YOU, "Add the title and the text"),
    (output("draft", has_original_text=False), AMINA, FOR_BOTH, "Add the title and the text"),
    (output("draft", is_first_day_reached=False), LAURENT, NO_ONE, NOTHING),
    (output("draft"), LAURENT, YOU, "Record the adoption"),
    (output("draft"), INES, FOR_CHAIR, "Record the adoption"),
    (output("draft", "open"), LAURENT, FOR_STATES, "Break silence"),
    (procedure("open"), DANIEL, KENYA, "Break silence"),
    (procedure("open", stance="explanation"), DANIEL, "Position of Kenya", "Does not object; gives an explanation"),
    (procedure("open"), INES, FOR_STATES, "Break silence"),
    (procedure("due"), LAURENT, NO_ONE, NOTHING),
    (procedure("broken"), LAURENT, YOU, "Change the text"),
    (procedure("broken", stance="supports"), LAURENT, YOU, "Change the text"),
    (procedure("broken"), INES, YOU, "Change the text. The chair"),
    (procedure("broken"), AMINA, FOR_CHAIR, "Change the text"),
    (procedure("broken", is_text_changed=True), LAURENT, YOU, "The text was changed. Submit it"),
    (procedure("broken", is_text_changed=True), INES, FOR_CHAIR, "The text was changed. Submit it"),
    (procedure("broken", is_followed=True), LAURENT, NO_ONE, NOTHING),
    (procedure("void", is_text_changed=True, is_followed=True), LAURENT, NO_ONE, NOTHING),
    (procedure("broken", life="cancelled"), LAURENT, NO_ONE, NOTHING),
    (procedure("void"), LAYLA, YOU, "Change the text"),
    (procedure("void"), INES, FOR_CHAIR, "Change the text"),
    (procedure("broken", "adopted"), AMINA, NO_ONE, NOTHING),
    (procedure("void", "adopted"), AMINA, NO_ONE, NOTHING),
    (procedure("adopted", "adopted"), INES, YOU, "Approve the release"),
    (procedure("adopted", "adopted"), AMINA, FOR_BOTH, "Approve the release"),
    (output("adopted", adopted_by=LAURENT.person), LAYLA, YOU, "Approve the release"),
    (output("adopted", adopted_by=LAURENT.person), LAURENT, FOR_ANOTHER, "Approve the release"),
    (output("adopted", approvers=frozenset({INES.person})), INES, FOR_ANOTHER, "Approve the release"),
    (output("adopted"), CHAIR_ELSEWHERE, FOR_BOTH, "Approve the release"),
    (APPROVED, INES, YOU, "Release to all ITU members"),
    (APPROVED, LAURENT, FOR_ANOTHER, "Release to all ITU members"),
    (APPROVED, AMINA, FOR_BOTH, "Release to all ITU members"),
    (output("scheduled"), INES, NO_ONE, NOTHING),
    (output("leaving"), INES, NO_ONE, NOTHING),
    (
        output("failed", failed_because=FAILURE, approvers=frozenset({SOMEBODY, LAYLA.person})),
        INES,
        YOU,
        str(RELEASE_FAILURE_TEXTS[FAILURE][1]),
    ),
    (output("failed", failed_because=FAILURE), AMINA, FOR_SECRETARIAT, str(RELEASE_FAILURE_TEXTS[FAILURE][1])),
    (
        output("withdrawing", failed_because=WITHDRAWAL_FAILURE),
        INES,
        YOU,
        str(WITHDRAWAL_FAILURE_TEXTS[WITHDRAWAL_FAILURE][1]),
    ),
    (
        output("withdrawing", failed_because=WITHDRAWAL_FAILURE),
        AMINA,
        FOR_BOTH,
        str(WITHDRAWAL_FAILURE_TEXTS[WITHDRAWAL_FAILURE][1]),
    ),
    (output("withdrawing"), INES, NO_ONE, NOTHING),
    (PROPOSED, INES, YOU, "Read the reason, then confirm or decline"),
    (PROPOSED, LAYLA, FOR_ANOTHER, "You made this proposal"),
    (
        output("released", withdrawal_proposed_by=LAYLA.person, sponsors=frozenset({"CHE"})),
        LAURENT,
        FOR_ANOTHER,
        "Read the reason, then confirm or decline",
    ),
    (PROPOSED, AMINA, NO_ONE, NOTHING),
    (output("released", still_to_come=frozenset({"fr"})), INES, YOU, "Add and approve the missing translations"),
    (output("released", still_to_come=frozenset({"fr"})), AMINA, FOR_SECRETARIAT, "Add and approve the missing"),
    (output("withdrawn"), INES, NO_ONE, NOTHING),
    (version(unanswered=2), INES, YOU, "Answer the comments"),
    (version(unanswered=2), HARUKA, JAPAN, "Comment on the text"),
    (version(unanswered=2), JOSEPH, FOR_BOTH, "Answer the comments"),
    (version(), DANIEL, KENYA, "Comment on the text"),
    (version(), LAURENT, FOR_DELEGATIONS, "Comment on the text"),
    (version(is_latest=False), DANIEL, NO_ONE, NOTHING),
    (version(status="adopted"), DANIEL, NO_ONE, NOTHING),
    (met("planned"), INES, YOU, "Convene the meeting"),
    (met("planned"), LAURENT, FOR_SECRETARIAT, "Convene the meeting"),
    (met("convened"), INES, YOU, "Open the meeting for contributions"),
    (met("convened"), LAURENT, YOU, "Maintain the agenda"),
    (met("convened"), DANIEL, KENYA, "Prepare contributions"),
    (met("convened"), JOSEPH, KENYA, "Register your delegation"),
    (met("convened"), LAYLA, FOR_SECRETARIAT, "Open the meeting for contributions"),
    (met("open"), INES, YOU, "Maintain the agenda"),
    (met("open"), AMINA, KENYA, "Submit contributions"),
    (met("open"), JOSEPH, KENYA, "Register your delegation"),
    (met("open"), LAYLA, FOR_DELEGATIONS, "Submit contributions"),
    (met("open", due_in=-1), LAURENT, YOU, "Maintain the agenda"),
    (met("open", due_in=-1), JOSEPH, KENYA, "Register your delegation"),
    (met("open", due_in=-1), DANIEL, KENYA, "Submit a late contribution"),
    (met("open", due_in=-1), LAYLA, FOR_BOTH, "Maintain the agenda"),
    (met("open", opens_in=0), INES, YOU, "Begin the meeting"),
    (met("open", opens_in=0), DANIEL, FOR_BOTH, "Begin the meeting"),
    (met("in_session", opens_in=-1), LAURENT, YOU, "Conduct the session"),
    (met("in_session", opens_in=-1), DANIEL, KENYA, "Follow the session"),
    (met("in_session", opens_in=-1), JOSEPH, FOR_BOTH, "Conduct the session"),
    (met("in_session", opens_in=-9), INES, YOU, "Close the meeting"),
    (met("in_session", opens_in=-9), DANIEL, FOR_BOTH, "Close the meeting"),
    (report("draft"), LAURENT, YOU, "Complete the draft, then circulate it"),
    (report("draft"), LAYLA, FOR_BOTH, "Complete the draft, then circulate it"),
    (report("circulated", is_disputed=True), INES, YOU, "Accept or reject the corrections"),
    (report("circulated", is_disputed=True), RAFAEL, BRAZIL, "Read the report"),
    (report("circulated", is_disputed=True), LAYLA, FOR_BOTH, "Accept or reject the corrections"),
    (report("circulated"), LAURENT, YOU, "Record the adoption"),
    (report("circulated"), AMINA, KENYA, "Read the report"),
    (report("circulated"), JOSEPH, FOR_BOTH, "Record the adoption"),
    (report("adopted"), INES, YOU, "Assign the symbol"),
    (report("adopted"), LAURENT, FOR_SECRETARIAT, "Assign the symbol"),
    (report("registered"), LAURENT, NO_ONE, NOTHING),
]


def test_in_session_the_docket_says_until_when_contributions_are_or_were_due() -> None:
    was_due, is_due = (met("in_session", opens_in=-1, due_in=due_in)(LAURENT).by for due_in in (-13, 2))

    assert was_due
    assert is_due
    assert was_due[1] == DEADLINE_PASSED
    assert str(is_due[0]).startswith("in ")


@pytest.mark.parametrize(("read", "reader", "heading", "request_begins"), CASES)
def test_a_docket_addresses_its_reader_or_names_who_acts(
    read: Callable[[Actor], Docket], reader: Actor, heading: str, request_begins: str
) -> None:
    docket = read(reader)

    asked = docket.asked[0] if isinstance(docket.asked, tuple) else docket.asked
    assert (str(docket.heading), str(asked)[: len(request_begins)]) == (heading, request_begins)


def test_the_deadline_is_that_of_what_is_asked() -> None:
    to_comment_or_answer = version(unanswered=1)
    submitted = SUBMITTED(INES), contribution(status="registered")(INES)
    dockets = contribution()(AMINA), *submitted, to_comment_or_answer(DANIEL), to_comment_or_answer(INES)
    assert [docket.by is not None for docket in dockets] == [True, True, False, True, False]


def test_who_holds_the_office_and_may_not_act_reads_why() -> None:
    asked = output("adopted", adopted_by=LAURENT.person)(LAURENT).asked

    assert isinstance(asked, tuple)
    assert str(asked[1]) == "You recorded the adoption. Two other people must approve the release."


def test_the_secretariat_is_named_only_where_it_may_act() -> None:
    row = meeting("open", due_in=-1)
    assert read_heading(row, LAYLA) == FOR_BOTH

    row.deputies = []
    assert read_heading(row, LAYLA) == FOR_CHAIR


def read_heading(row: Meeting, reader: Actor) -> str:
    docket = build_meeting_docket(reader, row, EntityName(reader.entity), ENGLISH)
    assert docket
    return str(docket.heading)


def test_each_row_of_the_tables_is_the_docket_of_somebody() -> None:
    rows = [*CONTRIBUTION_DOCKETS, *OUTPUT_DOCKETS, *CIRCULATION_DOCKETS, *MEETING_DOCKETS, *REPORT_DOCKETS]
    tested = [read(reader).row for read, reader, _heading, _request in CASES]

    assert [row for row in rows if row not in tested] == []


def test_no_one_acts_where_nothing_is_asked() -> None:
    for read, reader, heading, request in CASES:
        assert read(reader).quiet is (heading == NO_ONE) is (request == NOTHING)


@pytest.mark.parametrize("life", ["closed", "cancelled"])
def test_a_meeting_that_has_ended_has_no_docket(life: str) -> None:
    assert build_meeting_docket(INES, meeting("open"), EntityName("ITU"), ENGLISH)
    assert build_meeting_docket(INES, meeting(life), EntityName("ITU"), ENGLISH) is None
