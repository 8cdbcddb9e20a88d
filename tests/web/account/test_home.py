"""The home page for visitors and for each role, and the account page."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from app.core import clock
from app.core.db import transaction
from app.core.validation import ReasonInput
from app.domain.agendas.models import AgendaItem
from app.domain.bodies.actions import seats as bodies
from app.domain.bodies.inputs import NewAppointment
from app.domain.bodies.models import Body
from app.domain.contributions.actions.late_submissions import accept_late_contribution
from app.domain.contributions.models import Contribution
from app.domain.identity.models.tables import Person
from tests.browser import Browser
from tests.world import World, record_rows

Open = Callable[..., Browser]
STATEMENTS_OF_A_DESK = 30
"""Of the secretariat, which has the most sources: ten are the measurements behind the alarms, four the statistics."""


def read_page(browser: Browser, path: str = "/") -> str:
    """The text of a page in English, on one line."""
    answer = browser.get(f"{path}?lang=en")
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_a_visitor_finds_links_to_sign_in_and_to_the_read_path(browser: Open) -> None:
    page = read_page(browser())

    assert 'href="/sign-in?next=/"' in page
    assert 'href="http://127.0.0.1:8001"' in page


def test_a_delegate_sees_drafts_with_deadlines_and_the_status_of_each_document(world: World, browser: Open) -> None:
    meeting = world.meeting()
    draft, returned = world.draft(meeting, title="Draft of ours"), world.returned(meeting)
    _, document = world.registered(meeting, title="Registered of ours")
    foreign_draft = world.draft(meeting, by="rafael", title="Draft of theirs")

    page = read_page(browser("amina"))

    assert "<h1>Desk of Kenya</h1>" in page
    # One of them is to register the delegation.
    assert re.search(r"You have 3 pending actions. First deadline: in \d+ days, ", page)
    assert f'href="/contributions/{draft.id}/edit"' in page
    assert f'href="/contributions/{returned.id}/edit"' in page
    assert "23:59 in Geneva" in page
    assert f'href="/documents/{document.id}"' in page
    assert f'href="/meetings/{meeting.id}/contributions/new"' in page
    assert foreign_draft.title not in page
    assert foreign_draft.title in read_page(browser("rafael"))


def test_the_next_meeting_is_shown_with_its_dates_and_no_past_meeting(world: World, browser: Open) -> None:
    over, coming = world.meeting(opens_in=-60, number=21), world.meeting(number=22)

    page = read_page(browser("joseph"))

    assert f'href="/meetings/{coming.id}"' in page
    assert f'href="/meetings/{over.id}"' not in page
    assert f'<time datetime="{coming.opens_on.isoformat()}"' in page
    assert "Submit a contribution" not in page


def test_the_desk_says_how_many_actions_are_overdue(world: World, browser: Open) -> None:
    world.draft(world.meeting(opens_in=40))
    assert "overdue" not in read_page(browser("amina"))

    world.draft(world.meeting(opens_in=5, number=21))

    assert re.search(
        r"You have \d pending actions\. One of them is overdue\. First deadline: in", read_page(browser("amina"))
    )


def test_a_secretary_sees_the_queue_and_its_length(world: World, browser: Open) -> None:
    meeting = world.meeting()
    waiting = [world.submitted(meeting), world.submitted(meeting, by="rafael", title="From another State")]
    drafted = world.draft(meeting)

    page = read_page(browser("ines"))

    assert "<h1>Desk of the secretariat</h1>" in page
    assert "<b>2</b>" in page
    assert all(f'href="/contributions/{each.id}"' in page for each in waiting)
    assert "From another State" in page
    assert drafted.title not in page


def test_late_contributions_are_counted_separately_until_the_chair_has_decided(world: World, browser: Open) -> None:
    meeting = world.meeting()
    world.submitted(meeting, title="In time")
    counts = re.compile(r'<a href="/(contributions#h-queue|late)"><b>(\d+)</b>')
    with clock.shifted_clock(meeting.contributions_due_at - clock.now() + timedelta(hours=1)):
        late, ines = world.submitted(meeting, title="Came late from Kenya"), browser("ines")
        dashboard, queues = read_page(ines), read_page(ines, "/contributions")

        assert dict(counts.findall(dashboard)) == {"contributions#h-queue": "1", "late": "1"}
        assert late.title not in dashboard
        assert queues.index('id="h-queue"') < queues.index('id="h-late"') < queues.index(late.title)

        with world.acting("laurent") as (session, actor):
            contribution = session.get_one(Contribution, late.id)
            accept_late_contribution(
                session, actor, contribution, ReasonInput(reason="The line was down."), version=contribution.version
            )

        assert dict(counts.findall(read_page(ines))) == {"contributions#h-queue": "2"}


def test_a_member_that_is_no_state_is_called_by_its_name(world: World, browser: Open) -> None:
    with transaction(world.write) as session:
        session.get_one(Body, world.body().id).admits = ["member_state", "sector_member"]
        record_rows(session)
    world.seat("chen", "delegate")
    meeting = world.meeting()
    world.registered(meeting, by="chen", title="Registered")
    world.submitted(meeting, by="chen", title="In time")
    assert "Desk of Lantern Telecom" in read_page(browser("chen"))
    with clock.shifted_clock(meeting.contributions_due_at - clock.now() + timedelta(hours=1)):
        late = f"/contributions/{world.submitted(meeting, by='chen', title='Came late').id}"
        ines, laurent = browser("ines"), browser("laurent")
        shown = (
            (read_page(ines, "/contributions"), "In time"),
            (read_page(ines, "/late"), "Came late"),
            (read_page(laurent), "Came late"),
            (read_page(laurent, f"{late}/accept-late"), "Came late"),
            (laurent.post(f"{late}/accept-late", {"reason": ""}).text, "Came late"),
            (read_page(laurent, "/documents"), "Registered"),
        )
        exports = [ines.get(path).text for path in ("/documents.csv", "/record.csv")]
    for page, title in shown:
        named = page.replace('value="LANTERN-TELECOM"', "")
        assert (title in page, "Lantern Telecom" in page, "LANTERN-TELECOM" in named) == (True, True, False), title
    assert ["Lantern Telecom" in export for export in exports] == [True, True]


def test_what_awaits_registration_comes_first_and_the_last_hour_of_the_log_last(world: World, browser: Open) -> None:
    meeting = world.meeting()
    world.submitted(meeting)
    page = read_page(browser("ines"))

    order = [page.index(f'id="{key}"') for key in ("h-queue", "h-figures", "h-log")]
    assert order == sorted(order)
    assert page.index('id="h-queue"') < page.index('class="columns') < page.index('id="h-figures"')
    assert "A contribution was submitted" in page[page.index('id="h-log"') :]
    assert "h-log" not in read_page(browser("laurent"))

    with clock.shifted_clock(timedelta(hours=2)):
        assert "h-log" not in read_page(browser("ines"))


def test_a_document_on_the_agenda_says_when_it_is_taken_up(world: World, browser: Open) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting, title="On the agenda")
    assert "All delegations of the group can see the contribution." in read_page(browser("amina"))
    session, first, item = (
        world.session(meeting, starts_in=timedelta(days=40)),
        world.item(meeting),
        world.item(meeting),
    )
    with transaction(world.write) as writing:
        for each in (first, item):
            stored = writing.get_one(AgendaItem, each.id)
            stored.session_id, stored.minutes = session.id, 25
        record_rows(writing)
    world.allocated(meeting, document, item)
    assert "All delegations of the group can see the contribution." in read_page(browser("amina"))  # not released yet
    world.agenda_released(meeting)

    page = read_page(browser("amina"))

    assert f">{document.symbol.removeprefix('CWG-Internet ')}</a>" in page
    hour = (session.starts_at + timedelta(minutes=25)).astimezone(ZoneInfo(meeting.zone)).strftime("%H:%M")
    assert re.search(rf"<td>Agenda item 2, planned for [^<]+{hour}</td>", page)
    of_document = browser("amina").get(f"/documents/{document.id}").text
    assert re.search(rf"<dt>Agenda item</dt><dd>2 [^<]+<small><time[^>]*>[^<]+{hour} in Geneva", of_document)


def test_the_not_found_page_shows_who_is_signed_in(world: World, browser: Open) -> None:
    for path in ("/nothing-here", "/static/nothing.css"):
        for_member, for_anonymous = browser("amina").get(path), browser().get(path)

        assert (for_member.status_code, for_anonymous.status_code) == (404, 404)
        assert world.person("amina").name in for_member.text
        assert 'href="/sign-in"' not in for_member.text
        assert 'href="/meetings"' in for_member.text
        assert 'href="/sign-in"' in for_anonymous.text


def test_a_missing_date_is_not_set_in_bold(world: World, browser: Open) -> None:
    draft, laurent = world.output(world.meeting(opens_in=-1), title="A draft of an output"), browser("laurent")

    assert '<p class="due">No deadline</p>' in read_page(laurent)
    assert '<dd class="soft">No deadline</dd>' in read_page(laurent, f"/outputs/{draft.id}")


def test_a_chair_sees_late_contributions_except_those_of_the_own_state(world: World, browser: Open) -> None:
    meeting = world.meeting()
    world.seat("layla", "delegate")
    with clock.shifted_clock(meeting.contributions_due_at - clock.now() + timedelta(hours=1)):
        kenyan = world.submitted(meeting, title="Late from Kenya")
        saudi = world.submitted(meeting, by="layla", title="Late from Saudi Arabia")
        chair, vice_chair = read_page(browser("laurent")), read_page(browser("layla"))

    assert "<h1>Chair of CWG-Internet · Switzerland</h1>" in chair
    assert "A contribution from Kenya is late" in chair
    assert f'<h3><a href="/contributions/{saudi.id}">Late from Saudi Arabia</a>' in chair
    assert f'<h3><a href="/contributions/{kenyan.id}">' in vice_chair
    assert f'<h3><a href="/contributions/{saudi.id}">' not in vice_chair


def test_waiting_outputs_are_shown_only_to_those_who_may_decide(world: World, browser: Open) -> None:
    meeting = world.meeting(opens_in=-1)
    draft = world.output(meeting, title="A draft of an output")
    adopted = world.adopted(meeting, title="An adopted text")

    assert f'href="/outputs/{draft.id}/adopt"' in (chair := read_page(browser("laurent")))
    assert f'href="/outputs/{adopted.id}' not in chair  # the chair recorded the adoption himself
    secretary = read_page(browser("ines"))
    assert f'href="/outputs/{adopted.id}/approve"' in secretary
    assert "Approve the release" in secretary
    assert f'href="/outputs/{draft.id}' not in secretary
    assert "An adopted text" not in read_page(browser("rafael"))


def test_a_proposed_office_is_shown_only_to_the_second_secretary(world: World, browser: Open) -> None:
    new = NewAppointment(
        person=world.person("olga").id, office="tsb", from_on=date(2026, 1, 1), until_on=date(2039, 1, 1)
    )
    with world.acting("ines") as (session, actor):
        body, olga = session.get_one(Body, world.body().id), session.get_one(Person, new.person)
        bodies.propose_office(session, actor, body, olga, new)

    assert "Confirm the appointment: " in read_page(browser("daniel"))
    assert "Confirm the appointment: " not in read_page(browser("ines"))


@pytest.mark.parametrize(
    ("who", "heading", "words"),
    [
        ("wambui", "You are not accredited yet", "joseph@example.org"),
        ("chen", "You do not have a role in a group yet", "Your organization is admitted to CWG-WSIS, SG2, SG3"),
        ("sofia", "You do not have a role in a group yet", "http://127.0.0.1:8001"),
        ("olga", "You hold no office in a group yet", "You can open the documents that are open to all ITU members."),
        ("marc", "Your account is not linked to any member of ITU", ">Contact</h2>"),
    ],
)
def test_without_a_seat_the_page_names_the_next_step_and_a_contact(
    world: World, browser: Open, who: str, heading: str, words: str
) -> None:
    world.submitted(world.meeting(), title="Not for them")

    page = read_page(browser(who))

    assert f"<h1>{heading}</h1>" in page
    assert words in page
    assert world.person(who).name in page
    assert "Not for them" not in page


def test_focal_points_of_another_state_are_not_shown(world: World, browser: Open) -> None:
    assert "joseph@example.org" in read_page(browser("wambui"))

    for who in ("chen", "olga", "marc"):
        assert "joseph@example.org" not in read_page(browser(who))


def test_the_account_shows_seats_and_sessions_and_can_end_sessions(world: World, browser: Open) -> None:
    other_browser, this_browser = browser("amina"), browser("amina")
    page = read_page(this_browser, "/account")
    assert "head of delegation" in page
    assert "1 Jan 2040" in page
    assert "Member State" in page
    sessions = set(re.findall(r'action="(/sessions/[^"]+/end)"', page))
    assert len(sessions) == 2
    (own_session,) = re.findall(r'This session</span>.*?action="(/sessions/[^"]+/end)"', page)
    (other,) = sessions - {own_session}

    answer = this_browser.post(other)

    assert answer.headers["Location"] == "/account?done=sessions-ended"
    assert other_browser.get("/account").status_code == 401
    assert this_browser.get("/account").status_code == 200
    assert 'name="everywhere" value="yes"' in page


def test_the_account_shows_only_the_own_seats_and_sessions(world: World, browser: Open) -> None:
    browser("rafael")
    page = read_page(browser("wambui"), "/account")

    assert len(re.findall(r'action="/sessions/', page)) == 1
    assert "You have no role today." in page
    assert browser().get("/account").status_code == 401


def test_a_fuller_dashboard_needs_no_more_statements(world: World, browser: Open, portal: object) -> None:
    meeting = world.meeting(opens_in=-1)
    ines = browser("ines")
    engine = portal.app.state.portal.engine

    def statements() -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(engine, "before_cursor_execute", note)
        assert ines.get("/").status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    world.submitted(meeting)
    world.adopted(meeting)
    with_one = statements()
    for _ in range(2):
        world.submitted(meeting)
        world.adopted(meeting)

    assert statements() == with_one
    assert with_one <= STATEMENTS_OF_A_DESK


def test_a_full_dashboard_says_so_and_links_to_the_rest(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.domain.pending_actions.MAX_ACTIONS_OF_A_SOURCE", 1)
    meeting = world.meeting(opens_in=-1)
    world.draft(meeting)
    world.output(meeting)
    assert "You have one pending action." in read_page(browser("amina"))
    assert "more pending actions than" not in read_page(browser("laurent"))

    world.draft(meeting)
    world.output(meeting)

    for who, href in (("amina", "/contributions"), ("laurent", "/outputs")):
        page = read_page(browser(who))
        assert f'You have more pending actions than can be shown here. <a href="{href}">' in page
        assert not re.search(r"pending actions?\.</p>", page)


def test_deferred_contributions_beyond_the_dashboard_are_linked_on_the_page_of_late_ones(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.domain.pending_actions.MAX_ACTIONS_OF_A_SOURCE", 1)
    meeting = world.meeting()
    with clock.shifted_clock(meeting.contributions_due_at - clock.now() + timedelta(hours=1)):
        world.held(meeting)
        assert "/late" not in read_page(browser("ines")).partition("more pending actions than")[2]

        world.held(meeting, title="Another held title")

        assert (
            '<a href="/late">Late contributions</a>'
            in read_page(browser("ines")).partition("more pending actions than")[2]
        )


def test_a_dashboard_shows_the_total_number_of_contributions(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.account.home.DASHBOARD_LIST_LIMIT", 1)
    meeting = world.meeting()
    world.registered(meeting)
    world.registered(meeting)

    assert '<a href="/contributions#h-own">All contributions (2)</a>' in read_page(browser("amina"))


def test_the_next_step_depends_on_the_contribution_and_not_on_its_reader(world: World, browser: Open) -> None:
    meeting = world.meeting()
    world.asked(meeting, "BRA", title="A draft to be signed")
    world.submitted(meeting, title="One that waits for its number")

    assert "Your State was invited to co-sponsor" in browser("rafael").get("/contributions").text
    desks = {who: browser(who).get("/").text for who in ("ines", "amina")}
    assert "The secretariat checks the contribution and assigns its number." in desks["amina"]
    assert "Check and register" in desks["ines"]
    assert [who for who, desk in desks.items() if "Your State was invited to co-sponsor" in desk] == []


def test_a_desk_lists_the_documents_registered_since_the_last_visit(world: World, browser: Open) -> None:
    meeting = world.meeting()
    world.registered(meeting, title="The earlier one")
    assert "since your last visit" not in read_page(browser("rafael"))
    world.registered(meeting, title="The later one")

    listed = read_page(browser("rafael")).partition("New documents since your last visit")[2]

    assert "The later one" in listed
    assert "The earlier one" not in listed


def test_a_desk_lists_the_agendas_released_since_the_last_visit(world: World, browser: Open) -> None:
    meeting = world.meeting()
    world.item(meeting, "Costs")
    world.agenda_released(meeting)
    assert "since your last visit" not in read_page(browser("rafael"))
    assert "since your last visit" not in read_page(browser("rafael"))  # the agenda is the one that was seen
    world.item(meeting, "Repairs")
    assert "since your last visit" not in read_page(browser("rafael"))  # the draft is not theirs to see
    world.agenda_released(meeting)

    listed = read_page(browser("rafael")).partition("New since your last visit")[2].partition("</section>")[0]

    assert f'<a href="/meetings/{meeting.id}/agenda">Draft agenda, Rev.1</a>' in listed
    assert "CWG-Internet, meeting 22" in listed


def test_a_draft_to_co_sponsor_is_a_pending_action_and_no_document_of_the_state(world: World, browser: Open) -> None:
    world.asked(world.meeting(), "BRA", title="A draft to co-sponsor")

    for who, expected in (("rafael", False), ("amina", True)):
        pending, _, documents = read_page(browser(who)).partition("Documents of ")
        assert "A draft to co-sponsor" in pending
        assert ("A draft to co-sponsor" in documents) is expected


def test_the_first_act_is_to_submit_to_a_meeting_whose_deadline_is_to_come(world: World, browser: Open) -> None:
    past, ahead = world.meeting(number=22, opens_in=5), world.meeting(number=23, opens_in=60)
    page = browser("amina").get("/").text
    first = re.search(r'<a class="button" href="/meetings/([^/]+)/contributions/new">', page)
    assert first
    assert first[1] == str(ahead.id)
    assert 'class="soft">CWG-Internet, meeting 23</span>' in page
    assert f'<a href="/meetings/{past.id}/contributions/new">' in page  # next to the dates of the meeting


def test_a_session_that_is_open_comes_first_on_the_desk_of_a_delegate(world: World, browser: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Costs")
    world.agenda_released(meeting)
    floor = f'<a class="button" href="/meetings/{meeting.id}/floor">Go to the floor</a>'
    assert floor not in browser("amina").get("/").text
    world.sitting(meeting, item)
    page = browser("amina").get("/").text
    head, _part, rest = page.partition('<div class="columns')
    assert floor in head
    assert "A session is open · CWG-Internet, meeting 22" in " ".join(re.sub(r"<[^>]+>", "", head).split())
    assert "Submit a contribution" in head
    assert "A session is open" not in rest
