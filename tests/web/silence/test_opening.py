"""Before silence is opened, the chair sees which States have no person who can answer, and chooses on record."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import transaction
from app.domain.outputs.models import Output
from app.domain.silence.actions import procedure as actions
from app.domain.silence.queries.procedures import list_outputs_with_open_procedure
from tests.browser import Browser
from tests.domain.test_silence_addressees import end_accreditation
from tests.web.silence.test_position_audience import show_to
from tests.web.silence.test_silence import TITLE, format_deadline, get_digest, visible_text
from tests.world import World

Open = Callable[..., Browser]
REASON = "Council meets in four days."


@pytest.fixture
def output(world: World) -> Output:
    return world.output(world.meeting(opens_in=-1), title=TITLE)


def fill_form(world: World, output: Output, **more: str) -> dict[str, str]:
    """The form as it is sent after it was read."""
    seen = {"text": get_digest(world, output), "unreached": world.unreached(output)}
    seen["positions_shown_to"] = "every-delegation"
    return format_deadline(73) | seen | {"choice": "open-anyway", "opening_reason": REASON} | more


def count_open(world: World) -> int:
    with transaction(world.read) as session:
        return len(list_outputs_with_open_procedure(session))


def test_the_form_shows_how_many_states_can_answer_and_which_cannot(
    world: World, output: Output, browser: Open
) -> None:
    page = browser("laurent").get(f"/outputs/{output.id}/silence").text

    words = visible_text(page)
    assert "Member States to which the text is submitted 194" in words
    assert "With an accredited person who can respond 3" in words
    assert "Without an accredited person who can respond 191" in words
    assert "<li>Switzerland</li>" in page
    assert "<li>Kenya</li>" not in page
    assert "Focal points are appointed by the secretariat of the group: Daniel" in words
    assert f'name="unreached" value="{world.unreached(output)}"' in page


def test_with_focal_points_first_nothing_is_opened_and_the_form_says_how_to_go_on(
    world: World, output: Output, browser: Open
) -> None:
    laurent = browser("laurent")

    answer = laurent.post(f"/outputs/{output.id}/silence", fill_form(world, output, choice="name-focal-points"))

    assert answer.headers["Location"] == f"/outputs/{output.id}/silence?done=focal-points-first"
    assert "The silence procedure was not started." in visible_text(laurent.get(answer.headers["Location"]).text)
    assert count_open(world) == 0


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"choice": ""}, "choice"),
        ({"choice": "note-verbale", "note_reference": "NV 12"}, "note_sent_on"),
        ({"choice": "note-verbale", "note_reference": "NV 12", "note_sent_on": "2099-01-01"}, "choice"),
        ({"opening_reason": ""}, "opening_reason"),
    ],
)
def test_an_opening_without_a_choice_or_its_facts_is_refused_and_what_was_typed_is_kept(
    world: World, output: Output, browser: Open, typed: dict[str, str], field: str
) -> None:
    form = fill_form(world, output, **typed)

    answer = browser("laurent").post(f"/outputs/{output.id}/silence", form)

    assert (answer.status_code, f'id="f-{field}-error"' in answer.text) == (400, True)
    assert f'value="{form["on"]}"' in answer.text
    assert form["opening_reason"] in answer.text
    assert count_open(world) == 0


def test_the_form_comes_back_with_the_figures_of_now_if_they_changed_meanwhile(
    world: World, output: Output, browser: Open
) -> None:
    form, laurent = fill_form(world, output), browser("laurent")
    end_accreditation(world, "haruka")

    answer = laurent.post(f"/outputs/{output.id}/silence", form)

    assert answer.status_code == 409
    assert "Without an accredited person who can respond 192" in visible_text(answer.text)
    assert "<li>Japan</li>" in answer.text
    assert REASON in answer.text
    assert f'value="{form["on"]}"' in answer.text
    assert count_open(world) == 0
    assert laurent.post(f"/outputs/{output.id}/silence", fill_form(world, output)).status_code == 303


def test_the_form_comes_back_with_who_sees_positions_now_if_that_was_changed_meanwhile(
    world: World, output: Output, browser: Open
) -> None:
    laurent = browser("laurent")
    shown = visible_text(laurent.get(f"/outputs/{output.id}/silence").text)
    assert "Who can see the positions of States All delegations, immediately" in shown
    form = fill_form(world, output)
    show_to(world, "own-delegation")

    answer = laurent.post(f"/outputs/{output.id}/silence", form)

    assert answer.status_code == 409
    assert "The setting for who sees positions was changed after you opened this page" in visible_text(answer.text)
    assert "Until the silence procedure ends: the State itself, the chairs and the secretariat" in visible_text(
        answer.text
    )
    assert 'name="positions_shown_to" value="own-delegation"' in answer.text
    assert REASON in answer.text
    assert f'value="{form["on"]}"' in answer.text
    assert f'value="{form["at"]}"' in answer.text
    assert 'value="open-anyway" checked' in answer.text
    assert count_open(world) == 0
    again = fill_form(world, output, positions_shown_to="own-delegation")
    assert laurent.post(f"/outputs/{output.id}/silence", again).status_code == 303


def test_a_focal_point_sees_the_procedure_on_the_dashboard_and_accredits_who_answers(
    world: World, output: Output, browser: Open
) -> None:
    procedure, joseph = world.silence(output), browser("joseph")

    assert "A delegate of your State can take its position." in visible_text(joseph.get("/").text)
    page = joseph.get(f"/silence/{procedure.id}").text
    assert 'href="/people/cwg-internet/accredit"' in page
    assert f'href="/silence/{procedure.id}/position"' not in page
    assert "A delegate of your State can take its position." not in visible_text(browser("amina").get("/").text)
    world.position(procedure, "amina", "supports")
    assert "A delegate of your State can take its position." not in visible_text(joseph.get("/").text)


def test_who_could_answer_and_since_when_is_on_the_page_and_in_the_adoption_record(
    world: World, output: Output, browser: Open
) -> None:
    sent_on = (clock.now() - timedelta(days=2)).date()
    procedure = world.silence(output, choice="note-verbale", note_sent_on=sent_on, note_reference="NV 12/26")
    with clock.shifted_clock(timedelta(hours=1)):
        world.seat("layla", "delegate")
    with clock.shifted_clock(timedelta(hours=74)), transaction(world.write) as session:
        assert actions.settle_procedure(session, output.id)
    rafael = browser("rafael")

    pages = [rafael.get(path).text for path in (f"/silence/{procedure.id}", f"/outputs/{output.id}/record")]

    for page in pages:
        words = visible_text(page)
        assert "With a person who could answer at the start 3" in words
        assert "With no one who could answer at the start 191" in words
        assert "With a person who could see it only later 1" in words
        assert "Choice made by the chair A note verbale was sent to them outside the portal" in words
        assert "NV 12/26" in words
        assert '<th scope="row">Saudi Arabia</th><td>1</td>' in page
        assert '<th scope="row">Kenya</th><td>2</td>' in page
    assert "States with no one who could answer when the silence procedure on this text started: 191." in visible_text(
        rafael.get(f"/outputs/{output.id}").text
    )
