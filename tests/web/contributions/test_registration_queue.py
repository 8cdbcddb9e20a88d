"""The registration queue in the browser: filters, assignment, all without findings in one act, one after the other, and
the return with a usual reason."""

import html
import re
from collections.abc import Callable

from sqlalchemy import select

from app.core.db import transaction
from app.core.journal import JournalLine
from app.domain.contributions.models import Contribution, ContributionFile, ContributionStatus
from app.domain.contributions.rules.return_reasons import RETURN_REASONS
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.world import World, record_rows

Open = Callable[..., Browser]
ALL = "/registration/without-findings"
FINDING = {
    "level": "note",
    "what": {"message": "The file holds tracked changes.", "values": {}},
    "where": "",
    "remedy": {"message": "", "values": {}},
}


def with_finding(world: World, meeting: Meeting, *, title: str, by: str = "amina") -> Contribution:
    """A submitted contribution with one finding that is not to be decided."""
    made = world.submitted(meeting, title=title, by=by)
    with world.acting(by) as (session, _):
        record_rows(session)
        session.get_one(ContributionFile, (made.id, "en")).findings = [FINDING]
    return made


def list_titles(browser: Browser, query: str = "") -> list[str]:
    """The titles of the queue, in page order."""
    queue = browser.get(f"/contributions{query}").text.partition('id="h-queue"')[2].partition("</section>")[0]
    return [html.unescape(title) for title in re.findall(r'<a class="title"[^>]*>([^<]*)</a>', queue)]


def key_of(contribution: Contribution) -> str:
    return f"{contribution.id.hex}.{contribution.version}"


def read_fields(page: str) -> dict[str, str]:
    """The hidden fields of the form on the check page, without its token."""
    fields = re.findall(r'<input type="hidden" name="(seen|until)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in fields}


def test_the_queue_is_narrowed_and_sorted_by_its_address(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    world.submitted(meeting, title="Measuring repair times")
    world.submitted(meeting, by="rafael", title="Cabos")
    with_finding(world, meeting, title="A list of contacts")

    assert list_titles(ines) == ["Measuring repair times", "Cabos", "A list of contacts"]
    for query, titles in (
        ("?words=repair", ["Measuring repair times"]),
        ("?words=Brazil", ["Cabos"]),
        ("?source=BRA", ["Cabos"]),
        ("?region=D", ["Measuring repair times", "A list of contacts"]),
        ("?findings=none&region=D", ["Measuring repair times"]),
        ("?findings=some", ["A list of contacts"]),
        ("?timing=late", []),
        ("?kind=C&sort=title", ["A list of contacts", "Cabos", "Measuring repair times"]),
        ("?kind=rev", []),
        ("?language=en&sort=-received", ["A list of contacts", "Cabos", "Measuring repair times"]),
        ("?sort=source", ["Cabos", "Measuring repair times", "A list of contacts"]),
    ):
        assert list_titles(ines, query) == titles, query
    assert "No contributions match these filters." in ines.get("/contributions?words=nothing").text
    for bad in ("findings=many", "region=F", "sort=size", "words=a&words=b"):
        assert ines.get(f"/contributions?{bad}").status_code == 400


def test_two_clicks_from_the_desk_register_everything_without_findings(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    world.submitted(meeting, title="First")
    with_finding(world, meeting, title="With a finding")
    world.submitted(meeting, by="rafael", title="Second")
    world.submitted_for(meeting, title="In the name of Kenya")

    assert f'href="{ALL}"' in ines.get("/").text
    page = ines.get(ALL).text
    assert "2 contributions will be registered" in page
    assert page.index("CWG-Internet 22/1") < page.index("First") < page.index("CWG-Internet 22/2")
    assert "With a finding" not in page
    answer = ines.post(ALL, read_fields(page))

    result = ines.get(answer.headers["Location"]).text
    assert "2 contributions have been numbered" in result
    assert "CWG-Internet 22/2" in result
    assert "was not registered" not in result
    assert list_titles(ines) == ["With a finding", "In the name of Kenya"]
    assert "No contribution without findings is awaiting registration." in ines.get(ALL).text


def test_only_what_the_check_page_showed_is_registered(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    seen = world.submitted(meeting, title="Seen")
    shown = read_fields(ines.get(ALL).text)

    later = world.submitted(meeting, by="rafael", title="Came afterwards")
    assert ines.post(ALL, shown | {"seen": "0" * 64}).status_code == 409
    assert ines.post(ALL).status_code == 409
    assert ines.post(ALL, shown).status_code == 303

    with transaction(world.read) as session:
        assert session.get_one(Contribution, seen.id).status == ContributionStatus.REGISTERED
        assert session.get_one(Contribution, later.id).status == ContributionStatus.SUBMITTED
    again = ines.post(ALL, shown)
    assert again.status_code == 409
    assert "The queue has changed since you opened this page." in again.text


def test_only_a_secretary_registers_everything(world: World, english: Open) -> None:
    world.submitted(world.meeting(), title="Of Kenya")
    shown = read_fields(english("ines").get(ALL).text)

    for who in ("amina", "laurent", "chen"):
        for answer in (english(who).get(ALL), english(who).post(ALL, shown)):
            assert answer.status_code in (403, 404)
    assert list_titles(english("ines")) == ["Of Kenya"]


def test_register_and_next_leads_through_the_queue(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    first, second, third = (world.submitted(meeting, title=title) for title in ("First", "Second", "Third"))
    assign(ines, second, to=world.person("daniel").id)
    assert "Register and next" in ines.get(f"/contributions/{first.id}/register").text

    def register(contribution: Contribution) -> str:
        form = {"version": contribution.version, "then": "next"}
        return ines.post(f"/contributions/{contribution.id}/register", form).headers["Location"]

    assert register(first) == f"/contributions/{third.id}/register?done=registered"  # the second is Daniel's
    assert register(third) == "/contributions?done=registered"


def test_an_outcome_without_contributions_leads_to_the_queue(world: World, english: Open) -> None:
    world.meeting()

    assert english("ines").get("/registration").headers["Location"] == "/contributions#h-queue"
    assert english("amina").get("/registration").status_code == 404


def assign(browser: Browser, *contributions: Contribution, to: object = "") -> str:
    form = {"chosen": [key_of(each) for each in contributions], "person": to}
    return browser.post("/registration/assignments?findings=none", form).headers.get("Location", "")


def test_papers_are_assigned_to_a_secretary_and_filtered_by_that(world: World, english: Open) -> None:
    meeting, ines, daniel = world.meeting(), english("ines"), world.person("daniel")
    mine, other = world.submitted(meeting, title="Mine"), world.submitted(meeting, title="Other")

    assert assign(english("ines"), mine, to=world.person("ines").id) == (
        "/contributions?findings=none&done=assigned#h-queue"
    )
    assert assign(ines, other, to=daniel.id)

    assert list_titles(ines, "?assigned=me") == ["Mine"]
    assert list_titles(english("daniel"), "?assigned=me") == ["Other"]
    assert f"assigned to <bdi>{daniel.name}</bdi>" in html.unescape(ines.get("/contributions").text)
    assert assign(ines, other).endswith("done=unassigned#h-queue")
    assert list_titles(ines, "?assigned=none") == ["Other"]
    assert assign(ines) == "/contributions?findings=none&ticked=none#h-queue"


def test_a_paper_is_assigned_by_secretaries_to_secretaries_alone(world: World, english: Open) -> None:
    made = world.submitted(world.meeting(), title="Of Kenya")
    form = {"chosen": [key_of(made)], "person": str(world.person("amina").id)}

    assert english("ines").post("/registration/assignments", form).status_code == 400
    for who in ("amina", "laurent"):
        answer = english(who).post("/registration/assignments", form | {"person": str(world.person("ines").id)})
        assert answer.status_code in (403, 404)

    with transaction(world.read) as session:
        assert session.get_one(Contribution, made.id).assigned_to is None
        assert session.scalars(select(JournalLine).where(JournalLine.event == "registration:assigned")).all() == []


def test_the_delegation_does_not_see_who_deals_with_its_paper(world: World, english: Open) -> None:
    made = world.submitted(world.meeting(), title="Of Kenya")
    assign(english("ines"), made, to=world.person("daniel").id)

    sentence = "A contribution was assigned to a secretary"
    assert sentence in english("ines").get("/record").text
    assert sentence not in english("amina").get("/record").text
    assert world.person("daniel").name not in english("amina").get(f"/contributions/{made.id}").text


def test_a_usual_reason_is_added_to_what_was_typed_in_the_language_of_the_contribution(
    world: World, english: Open
) -> None:
    made, ines = world.submitted(world.meeting()), english("ines")
    page, reason = f"/contributions/{made.id}/return", RETURN_REASONS["changes"].text
    assert "Tracked changes or comments" in ines.get(page).text

    added = ines.post(page, {"version": made.version, "reason": "Two points.", "because": "changes"})
    assert added.status_code == 200
    assert f"Two points.\n{reason.translate('en')}</textarea>" in html.unescape(added.text)
    french = ines.post(page, {"version": made.version, "because": "changes", "reason_language": "fr"})
    assert reason.translate("fr") in html.unescape(french.text)
    for wrong in ({"because": "weather"}, {"because": "changes", "reason_language": "xx"}):
        assert ines.post(page, {"version": made.version} | wrong).status_code == 400
    with transaction(world.read) as session:
        assert session.get_one(Contribution, made.id).status == ContributionStatus.SUBMITTED

    done = ines.post(page, {"version": made.version, "reason": reason.translate("en")})
    assert done.headers["Location"] == "/contributions?done=returned"
