"""The dashboard of one person: tasks that wait (drafts, decisions, offices), most urgent first, and the next
meetings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from app.asgi.actors import EntityName
from app.asgi.formats import Formats
from app.asgi.words import ROLES
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.agendas import queries as agendas
from app.domain.agendas.models import ItemProposal, ProposalState
from app.domain.agendas.rules import KEEP
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import CHAIRS, CONFIRM_OFFICE, DELEGATES, office_of
from app.domain.circulations import queries as circulations
from app.domain.circulations.queries import Before
from app.domain.contributions import queries as contributions
from app.domain.contributions.models import Status
from app.domain.contributions.queries import Standing
from app.domain.contributions.rules import DRAFT, OPEN, to_meeting
from app.domain.documents.models import Step
from app.domain.meetings import queries as meetings
from app.domain.meetings.inputs import end_of
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import ENDED
from app.domain.outputs import queries as outputs
from app.domain.outputs import translations
from app.domain.outputs.models import Output
from app.domain.outputs.queries import Undecided
from app.domain.outputs.rules import CONFIRM_WITHDRAWAL, Case, open_moves
from app.domain.silence import queries as silence
from app.domain.silence.models import Course, SilenceProcedure
from app.web.output_languages import asked_of
from app.web.output_standing import FAILURES
from app.web.standing import Convened, Moved, Pair, called, due_of, moved
from app.web.titles import foreign, in_language

MOST_MEETINGS = 3
MOST = 50  # tasks of one kind on the dashboard
A_MONTH, FORTNIGHT = timedelta(days=30), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Task:
    """One task on the dashboard. Tasks are sorted by `at`; those without a date come last."""

    heading: Text
    title: str
    lang: str | None
    words: Text
    href: str
    action: Text
    due: Pair | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A meeting that has not closed, with its dates."""

    meeting: Meeting
    name: Text
    place: tuple[str, str | None]
    dates: list[tuple[date, Text | str, str]]
    may_draft: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """The tasks of one person, and links to the full lists where there are more tasks than the dashboard shows."""

    tasks: list[Task]
    rest: list[tuple[str, Text]]


def waiting(session: ReadSession, actor: Actor, convened: Convened, formats: Formats) -> Waiting:
    """Return everything that waits for the actor, most urgent first. The number of SQL statements is constant."""
    tasks: list[Task] = []
    rest: dict[str, Text] = {}
    if actor.bodies(*DELEGATES):
        drafts = contributions.listed(session, contributions.open_ones(actor), limit=MOST + 1)
        tasks += _draft_tasks(drafts[:MOST], actor, convened, formats)
        tasks += _answered_proposal_tasks(
            agendas.answered(session, actor, clock.now() - FORTNIGHT, limit=MOST), formats
        )
        rest |= _full_list_link(drafts, "/contributions", say("All contributions"))
        running = silence.unanswered(session, actor, limit=MOST + 1)
        tasks += _silence_tasks(running[:MOST], formats)
        rest |= _full_list_link(running, "/silence", say("All silence procedures"))
        tasks += _version_tasks(circulations.to_read(session, actor, clock.now() - FORTNIGHT, limit=MOST), formats)
    if actor.bodies(*CHAIRS, Office.SECRETARY):
        tasks += _item_proposal_tasks(agendas.unanswered(session, actor, limit=MOST), actor, formats)
    if actor.bodies(*CHAIRS):
        late = contributions.listed(session, contributions.to_decide(actor), limit=MOST + 1)
        tasks += _late_tasks(late[:MOST], formats)
        rest |= _full_list_link(late, "/contributions", say("All contributions"))
        tasks += _ended_silence_tasks(
            silence.without_result(session, actor, clock.now() - FORTNIGHT, limit=MOST), formats
        )
    if actor.bodies(*CHAIRS, Office.SECRETARY):
        texts = outputs.undecided(session, actor, limit=MOST + 1)
        tasks += _output_tasks(texts[:MOST], actor, formats)
        rest |= _full_list_link(texts, "/outputs", say("All outputs"))
        tasks += _comment_tasks(circulations.unanswered(session, actor, limit=MOST), formats)
        tasks += _translation_tasks(translations.to_look_at(session, actor, limit=MOST), session, actor, formats)
        tasks += _withdrawal_tasks(outputs.to_withdraw(session, actor, limit=MOST), actor, formats)
        tasks += _sole_decision_tasks(outputs.done_alone(session, actor, clock.now() - A_MONTH, limit=MOST), formats)
    if actor.bodies(Office.SECRETARY):
        own_drafts = contributions.listed(session, contributions.written_here(actor), limit=MOST)
        tasks += _draft_tasks(own_drafts, actor, convened, formats)
        held = contributions.listed(session, contributions.held(actor), limit=MOST + 1)
        tasks += _held_tasks(held[:MOST], formats)
        rest |= _full_list_link(held, "/late", say("Everything late"))
        tasks += _office_tasks(session, actor)
    return Waiting(sorted(tasks, key=lambda task: (task.at is None, task.at or clock.now())), list(rest.items()))


def _full_list_link(rows: Sequence[object], href: str, words: Text) -> dict[str, Text]:
    """Return the link to the full list if the dashboard does not show all rows."""
    return {href: words} if len(rows) > MOST else {}


def upcoming(actor: Actor, convened: Convened, formats: Formats) -> list[Upcoming]:
    """Return the next meetings, the earliest first."""
    today = clock.now().date()
    open_ones = sorted(
        (pair for pair in convened.values() if pair[0].closes_on >= today and pair[0].life not in ENDED),
        key=lambda pair: pair[0].opens_on,
    )
    return [_upcoming_meeting(actor, meeting, body, formats, today) for meeting, body in open_ones[:MOST_MEETINGS]]


def deadlines_moved(session: ReadSession, convened: Convened, formats: Formats) -> list[Moved]:
    """Return the deadlines moved in the last 30 days, for meetings that are not over, the next meeting first."""
    today = clock.now().date()
    ahead = {meeting.id: (meeting, body) for meeting, body in convened.values() if meeting.closes_on >= today}
    moves = meetings.deadline_moves(session, [meeting for meeting, _ in ahead.values()], clock.now() - A_MONTH)
    moved_meetings = sorted((ahead[key] for key in moves), key=lambda pair: pair[0].opens_on)
    return [moved(meeting, body, moves[meeting.id][1], formats) for meeting, body in moved_meetings]


def _upcoming_meeting(actor: Actor, meeting: Meeting, body: Body, formats: Formats, today: date) -> Upcoming:
    due_on = meeting.contributions_due_at.astimezone(ZoneInfo(meeting.zone)).date()
    calendar = [
        (due_on, say("Contributions are due, until the end of the day at the place of the meeting")),
        (meeting.opens_on, say("The meeting opens")),
        (meeting.closes_on, say("The meeting closes")),
    ]
    dates: list[tuple[date, Text | str, str]] = [
        (on, what, "past" if on < today else "") for on, what in calendar if on != today
    ]
    marked = [what for on, what in calendar if on == today]
    dates.append((today, marked[0] if marked else formats.day(today), "mark"))
    return Upcoming(
        meeting,
        called(meeting, body),
        in_language(meeting.place, formats.language),
        sorted(dates, key=lambda entry: entry[0]),
        DRAFT.allows(actor, to_meeting(meeting, actor.entity)),
    )


def _item_proposal_tasks(rows: Iterable[Row[ItemProposal, Meeting]], actor: Actor, formats: Formats) -> Iterator[Task]:
    """Yield agenda items proposed by delegations, for those who may edit that agenda."""
    for proposal, meeting in rows:
        if KEEP.allows(actor, meeting):
            yield Task(
                say("%(entity)s proposes an agenda item", entity=EntityName(proposal.entity)),
                proposal.title,
                foreign(proposal.lang, formats.language),
                say("Take it up, or answer."),
                f"/meetings/{meeting.id}/agenda/proposals",
                say("Decide"),
            )


def _silence_tasks(rows: Iterable[Row[SilenceProcedure, str]], formats: Formats) -> Iterator[Task]:
    """Yield open silence procedures in which the delegation has not taken a position. Notification e-mails may have
    been missed or be switched off."""
    for row, zone in rows:
        title, lang = in_language(row.titles, formats.language, row.original)
        until = formats.when(row.until, zone)
        yield Task(
            say("Silence runs on a text"),
            title,
            lang,
            say("If your State says nothing until then, it lets the text pass."),
            f"/silence/{row.id}",
            say("Read and decide"),
            due=(until, formats.left(row.until)),
            at=row.until,
        )


def _version_tasks(rows: Iterable[Before], formats: Formats) -> Iterator[Task]:
    """Yield circulated drafts. Their comment date is a wish; drafts without one come last."""
    for version, meeting, _ in rows:
        title, lang = in_language(version.titles, formats.language, version.original)
        until = end_of(version.comments_by, meeting.zone) if version.comments_by else None
        yield Task(
            say("A draft is before the delegations: version %(number)s", number=version.number),
            title,
            lang,
            say("Read it, and comment if your State wishes to."),
            f"/outputs/{version.output_id}/versions/{version.number}",
            say("Read it"),
            due=(formats.day(version.comments_by), formats.left(until)) if until else None,
            at=until,
        )


def _comment_tasks(rows: Iterable[Row[Output, int]], formats: Formats) -> Iterator[Task]:
    """Yield drafts with unanswered comments, for those who may answer."""
    for output, count in rows:
        title, lang = in_language(output.titles, formats.language, output.original)
        yield Task(
            say("Comments of States wait for an answer: %(count)s", count=formats.number(count)),
            title,
            lang,
            say("Say what is taken, what in part and what not, and why."),
            f"/outputs/{output.id}/comments",
            say("Answer"),
        )


def _translation_tasks(rows: Iterable[Output], session: ReadSession, actor: Actor, formats: Formats) -> Iterator[Task]:
    """Yield translations that wait for a second person, and advance versions that can be completed or failed to be."""
    for output in rows:
        title, lang = in_language(output.titles, formats.language, output.original)
        for heading, words in asked_of(session, actor, output):
            yield Task(heading, title, lang, words, f"/outputs/{output.id}#languages", say("Read and decide"))


def _withdrawal_tasks(rows: Iterable[tuple[Output, Case]], actor: Actor, formats: Formats) -> Iterator[Task]:
    """Yield withdrawals proposed by others, for those who may decide."""
    for output, case in rows:
        if CONFIRM_WITHDRAWAL.allows(actor, case):
            title, lang = in_language(output.titles, formats.language, output.original)
            yield Task(
                say("Somebody proposes to withdraw a released text"),
                title,
                lang,
                say("Read the reason, then confirm or decline."),
                f"/outputs/{output.id}/withdrawal",
                say("Read and decide"),
            )


def _sole_decision_tasks(rows: Iterable[tuple[Output, bool]], formats: Formats) -> Iterator[Task]:
    """Yield sole decisions of the last 30 days, for the colleagues who might have been the second person."""
    for output, is_withdrawn in rows:
        title, lang = in_language(output.titles, formats.language, output.original)
        yield Task(
            say("A text was withdrawn by one person alone")
            if is_withdrawn
            else say("A text was let out by one person alone"),
            title,
            lang,
            say("Read who did it and why. It stands here for 30 days."),
            f"/outputs/{output.id}",
            say("Read the reason"),
        )


def _ended_silence_tasks(rows: Iterable[SilenceProcedure], formats: Formats) -> Iterator[Task]:
    """Yield silence procedures that were broken or became void, for the chair."""
    for row in rows:
        title, lang = in_language(row.titles, formats.language, row.original)
        is_broken = row.course == Course.BROKEN
        yield Task(
            say("Silence was broken on a text") if is_broken else say("A silence procedure is void"),
            title,
            lang,
            say("Change the text, or put it before the States once more."),
            f"/silence/{row.id}",
            say("Look"),
        )


def _answered_proposal_tasks(rows: Iterable[Row[ItemProposal, Meeting]], formats: Formats) -> Iterator[Task]:
    """Yield answers to the agenda items that the State proposed."""
    for proposal, meeting in rows:
        taken = proposal.state == ProposalState.TAKEN_UP
        yield Task(
            say("The item that your State proposed was taken up")
            if taken
            else say("The chair answered your State’s proposal"),
            proposal.title,
            foreign(proposal.lang, formats.language),
            say("It is in the draft of the agenda.") if taken else say("The reason stands with the proposal."),
            f"/meetings/{meeting.id}/agenda/proposals",
            say("Look"),
        )


def _draft_tasks(own: Sequence[Standing], actor: Actor, convened: Convened, formats: Formats) -> Iterator[Task]:
    """Yield open contributions of the actor's State, and those it is asked to cosponsor."""
    for row in own:
        meeting, _ = convened[row.meeting_id]
        ours, is_open = actor.entity in (row.entity, row.by_entity), row.status in OPEN
        heading, words = _describe_draft_request(row, ours=ours)
        yield Task(
            heading=heading,
            title=row.title,
            lang=foreign(row.original, formats.language),
            words=words,
            href=f"/contributions/{row.id}/{'edit' if ours else 'sponsors'}",
            action=say("Open the draft") if ours else say("Read and decide"),
            due=due_of(row.step, meeting, formats) if is_open else None,
            at=meeting.contributions_due_at if is_open and row.step != Step.CORRIGENDUM else None,
        )


def _describe_draft_request(row: Standing, *, ours: bool) -> tuple[Text, Text]:
    """Return heading and text of what an open contribution asks of the actor's State."""
    if not ours:
        heading = say("%(entity)s asks your State to sign a contribution", entity=EntityName(row.entity))
        return heading, say("Read it, then sign it or decline.")
    if row.status == Status.RETURNED:
        heading = say("The secretariat returned your contribution")
        return heading, say("Read the reason, change it and submit it again.")
    return say("A draft is not submitted"), say("Complete it, check it and submit it.")


def _held_tasks(rows: Sequence[Standing], formats: Formats) -> Iterator[Task]:
    """Yield contributions that the chair held for a later meeting."""
    for row in rows:
        yield Task(
            heading=say("A contribution of %(entity)s is held for a later meeting", entity=EntityName(row.entity)),
            title=row.title,
            lang=foreign(row.original, formats.language),
            words=say("Once that meeting is convened, take it up there."),
            href=f"/contributions/{row.id}/take-up",
            action=say("Read and decide"),
        )


def _late_tasks(rows: Sequence[Standing], formats: Formats) -> Iterator[Task]:
    """Yield late contributions that the chair accepts or not."""
    for row in rows:
        yield Task(
            heading=say("A contribution of %(entity)s came late", entity=EntityName(row.entity)),
            title=row.title,
            lang=foreign(row.original, formats.language),
            words=say("It is registered only if you accept it."),
            href=f"/contributions/{row.id}",
            action=say("Read and decide"),
        )


def _output_tasks(rows: Sequence[tuple[Undecided, Case]], actor: Actor, formats: Formats) -> Iterator[Task]:
    """Yield outputs that wait for a decision of the actor."""
    for row, case in rows:
        title, lang = in_language(row.titles, formats.language, row.original)
        for heading, words in _describe_output_requests(actor, row.failed_because, case):
            yield Task(
                heading=heading,
                title=title,
                lang=lang,
                words=words,
                href=f"/outputs/{row.id}",
                action=say("Read and decide"),
            )


def _describe_output_requests(actor: Actor, failed_because: str | None, case: Case) -> Iterator[tuple[Text, Text]]:
    """Yield heading and text of each move open to the actor. A failed release concerns the chair too, although the
    secretariat releases."""
    if failed_because:
        yield say("The release of a text failed"), FAILURES[failed_because][1]
        return
    for move in open_moves(actor, case).values():
        yield move.words, say("Read the text in its languages, then decide.")


def _office_tasks(session: ReadSession, actor: Actor) -> Iterator[Task]:
    """Yield offices proposed by another secretary, to confirm."""
    for appointment, person in bodies.to_confirm(session, actor):
        if CONFIRM_OFFICE.allows(actor, office_of(appointment, to_confirm=True)):
            yield Task(
                heading=say("Confirm the office of %(office)s", office=ROLES[appointment.office]),
                title=person.name,
                lang=None,
                words=say("A colleague proposed it. It counts once you confirm it."),
                href="/people",
                action=say("Decide"),
            )
