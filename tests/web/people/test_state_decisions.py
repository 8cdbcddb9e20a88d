"""How a State decides through HTTP: the page, and what a delegate reads instead of a form that only the head sends."""

from collections.abc import Callable

from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
URL = "/bodies/cwg-internet/clearance"
ASK_AMINA = "Ask Amina Wanjiru Otieno"
DECIDED = {"submissions": "delegate", "positions": "head", "withdrawals": "head", "wider_access": "delegate"}


def test_a_delegate_reads_whom_to_ask_before_they_type(world: World, english: Open) -> None:
    world.seat("wambui", "delegate")
    procedure = world.silence(world.output(world.meeting()))
    _, document = world.registered(world.meeting(number=23))
    amina, wambui = english("amina"), english("wambui")
    position = f"/silence/{procedure.id}/position"

    assert ASK_AMINA in wambui.get(f"/documents/{document.id}/open").text
    assert amina.post(URL, DECIDED).status_code == 303
    for address in (position, f"/documents/{document.id}/withdraw"):
        page, form = wambui.get(address).text, amina.get(address).text
        assert [ASK_AMINA in page, f'action="{address}"' in page] == [True, False]
        assert [ASK_AMINA in form, f'action="{address}"' in form] == [False, True]
    assert ASK_AMINA in wambui.post(position, {"stance": "breaks", "text": "No.", "lang": "en"}).text
    assert ASK_AMINA not in wambui.get(f"/documents/{document.id}/open").text


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
