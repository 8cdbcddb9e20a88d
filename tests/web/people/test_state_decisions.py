"""How a State decides through HTTP: the page, and what a delegate reads instead of a form that only the head sends."""

from collections.abc import Callable

from app.domain.decisions.inputs import NewDecision
from app.domain.decisions.models import Decision
from app.domain.floor.actions import session as floor
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
URL = "/bodies/cwg-internet/clearance"
TYPED = "In the words of a delegate of Kenya."
ASK_AMINA = "Ask Amina Wanjiru Otieno"
DECIDED = {"submissions": "delegate", "positions": "head", "withdrawals": "head", "wider_access": "delegate"}


def record_decision(world: World) -> Decision:
    meeting = world.meeting(opens_in=0, number=25)
    sitting = world.sitting(meeting)
    with world.acting("laurent") as (session, actor):
        new, here = NewDecision(text="Agreed.", lang="en"), session.get_one(Meeting, meeting.id)
        return floor.record_decision(session, actor, here, new, version=sitting.version)


def test_a_delegate_reads_whom_to_ask_before_they_type(world: World, english: Open) -> None:
    world.seat("wambui", "delegate")
    procedure = world.silence(world.output(world.meeting()))
    _, document = world.registered(world.meeting(number=23))
    amina, wambui = english("amina"), english("wambui")
    position = f"/silence/{procedure.id}/position"
    adopted, decision = world.adopted(world.meeting(opens_in=-1, number=24)), record_decision(world)
    places = (
        position,
        f"/documents/{document.id}/withdraw",
        f"/outputs/{adopted.id}/statements",
        f"/meetings/{decision.meeting_id}/decisions/{decision.id}/position",
    )

    assert ASK_AMINA in wambui.get(f"/documents/{document.id}/open").text
    assert amina.post(URL, DECIDED).status_code == 303
    for address in places:
        shown = f"{address}/new" if address.endswith("/statements") else address
        page, form = wambui.get(shown).text, amina.get(shown).text
        assert [ASK_AMINA in page, f'action="{address}"' in page] == [True, False]
        assert [ASK_AMINA in form, f'action="{address}"' in form] == [False, True]
    assert ASK_AMINA not in wambui.get(f"/documents/{document.id}/open").text


def test_a_delegate_who_is_refused_reads_whom_to_ask_above_what_they_typed(world: World, english: Open) -> None:
    world.seat("wambui", "delegate")
    procedure = world.silence(world.output(world.meeting()))
    _, document = world.registered(world.meeting(number=23))
    adopted, decision = world.adopted(world.meeting(opens_in=-1, number=24)), record_decision(world)
    statement = {"kind": "reservation", "text": TYPED, "lang": "en"}
    forms = {
        f"/silence/{procedure.id}/position": {"stance": "breaks", "text": TYPED, "lang": "en"},
        f"/documents/{document.id}/withdraw": {"version": document.version, "reason": TYPED},
        f"/documents/{document.id}/open": {"version": document.version, "access": "public", "reason": TYPED},
        f"/outputs/{adopted.id}/statements": statement,
        f"/meetings/{decision.meeting_id}/decisions/{decision.id}/position": {"stance": "objection", "text": TYPED},
    }
    assert english("amina").post(URL, DECIDED | {"wider_access": "head"}).status_code == 303

    wambui = english("wambui")
    for address, form in forms.items():
        refused = wambui.post(address, form)
        shown = [each in refused.text for each in (ASK_AMINA, f"{TYPED}</textarea>", f'action="{address}"')]
        assert [refused.status_code, *shown] == [403, True, True, True], address


def test_each_reads_how_a_state_decides(world: World, english: Open) -> None:
    world.seat("wambui", "delegate")

    assert english("ines").get(URL).text.count("Kenya") == 0
    refused = english("joseph").post(URL, DECIDED | {"positions": ""})
    assert [refused.status_code, "Select who can do this" in refused.text] == [400, True]
    assert english("joseph").post(URL, DECIDED).status_code == 303
    assert english("wambui").post(URL, DECIDED).status_code == 403
    delegate, secretary = english("wambui").get(URL).text, english("ines").get(URL).text
    assert [delegate.count("Only the head of delegation"), 'name="positions"' in delegate] == [2, False]
    assert [secretary.count("Only the head of delegation"), "Kenya" in secretary] == [2, True]
    assert english("rafael").get(URL).text.count("Kenya") == 0
