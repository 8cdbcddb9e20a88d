"""The liaison statements that a group sent, on the pages of liaisons: what each recipient did, and who is late."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from app.core import clock
from app.core.storage import open_store
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.web.liaisons.test_liaisons import act, take_in
from tests.world import World

Open = Callable[..., Browser]
COUNTS = re.compile(r'<a href="(/(?:sent-)?liaisons[^"]*)"[^>]*>[^<]*<small>(\d+)</small>')


def send(world: World, folder: Path, title: str, *addressees: dict[str, object], **more: object) -> Output:
    """A released liaison statement of CWG-Internet with its deliveries."""
    meeting = more.pop("meeting", None) or world.meeting(opens_in=-1)
    draft = world.output(meeting, kind="liaison", addressees=addressees, title=title, **more)
    output = world.released(meeting, open_store(f"file://{folder}/released"), draft=draft)
    world.deliver(output)
    return output


def read_counts(page: str) -> dict[str, int]:
    """The counts of both sides, by their links."""
    return {href: int(count) for href, count in COUNTS.findall(page)}


def test_the_list_says_what_each_recipient_did_and_the_counts_who_is_waited_for(
    world: World, english: Open, tmp_path: Path
) -> None:
    ines, amina, meeting = english("ines"), english("amina"), world.meeting(opens_in=-1)
    past = str(clock.now().date() - timedelta(days=3))
    asked = {"organization": "IETF", "wants": "reply", "reply_by": past}
    output = send(
        world, tmp_path, "Our question", asked, {"organization": "CEPT", "wants": "information"}, meeting=meeting
    )

    page = amina.get("/sent-liaisons").text
    assert output.symbol in page
    assert "Our question" in page
    row = page.partition("<tbody>")[2]
    assert row.index("Internet Engineering Task Force") < row.index("Overdue") < row.index("CEPT")
    assert row.count("To be delivered") == 2
    assert read_counts(page) == {
        "/liaisons": 0,
        "/liaisons?show=waiting": 0,
        "/liaisons?show=overdue": 0,
        "/sent-liaisons": 1,
        "/sent-liaisons?show=waiting": 1,
        "/sent-liaisons?show=overdue": 1,
    }
    assert "Our question" in amina.get("/sent-liaisons?show=overdue").text

    here = take_in(ines, subject="Their answer", answers=str(output.id), wants="information")
    assert "Overdue" in amina.get("/sent-liaisons").text.partition("<tbody>")[2]
    act(ines, f"{here}/register", meeting=str(world.meeting(number=23).id))
    page = amina.get("/sent-liaisons").text
    assert f'href="{here}"' in page
    assert "Answered" in page.partition("<tbody>")[2]
    assert read_counts(page)["/sent-liaisons?show=waiting"] == 0
    assert read_counts(page)["/liaisons"] == 1
    assert "Our question" not in amina.get("/sent-liaisons?show=waiting").text


def test_an_answer_of_another_recipient_does_not_count(world: World, english: Open, tmp_path: Path) -> None:
    ines, amina = english("ines"), english("amina")
    both = ({"organization": "IETF", "wants": "reply"}, {"organization": "CEPT", "wants": "comment"})
    output = send(world, tmp_path, "Our question", *both)
    here = take_in(ines, subject="Their answer", answers=str(output.id), wants="information")
    act(ines, f"{here}/register", meeting=str(world.meeting(number=23).id))
    row = amina.get("/sent-liaisons?show=waiting").text.partition("<tbody>")[2]
    assert row.count("Answered") == 1
    assert row.count("To be delivered") == 1

    returned = take_in(ines, party="CEPT", subject="A mistake", answers=str(output.id), wants="information")
    act(ines, f"{returned}/return", reason="It is not for this group.")
    assert "Our question" in ines.get("/sent-liaisons?show=waiting").text


def test_what_no_named_recipient_sent_is_the_answer_of_one_in_words(
    world: World, english: Open, tmp_path: Path
) -> None:
    ines = english("ines")
    both = ({"organization": "IETF", "wants": "reply"}, {"words": "The registry of Northland", "wants": "reply"})
    output = send(world, tmp_path, "Our question", *both)
    pages = ("/sent-liaisons", f"/outputs/{output.id}")

    def count_answered() -> list[int]:
        return [ines.get(page).text.count(">Answered</span>") for page in pages]

    take_in(ines, subject="Their answer", answers=str(output.id), wants="information")
    assert count_answered() == [1, 1]
    assert read_counts(ines.get("/sent-liaisons").text)["/sent-liaisons?show=waiting"] == 1

    take_in(ines, party="CEPT", subject="For Northland", answers=str(output.id), wants="information")
    assert count_answered() == [2, 2]
    assert read_counts(ines.get("/sent-liaisons").text)["/sent-liaisons?show=waiting"] == 0


def test_the_sent_list_is_narrowed_by_words_recipient_group_mandate_and_action_line(
    world: World, english: Open, tmp_path: Path
) -> None:
    meeting = world.meeting(opens_in=-1)
    send(world, tmp_path, "Zebra", {"organization": "IETF", "wants": "reply"}, meeting=meeting, mandates=["pp-res-102"])
    send(world, tmp_path, "Antelope", {"organization": "CEPT", "wants": "reply"}, meeting=meeting, action_lines=["C5"])

    def show(query: str) -> list[str]:
        page = english("amina").get(f"/sent-liaisons?{query}").text.partition("<main")[2]
        return [each for each in ("Zebra", "Antelope") if each in page]

    assert show("") == ["Zebra", "Antelope"]
    assert show("words=zeb") == ["Zebra"]
    assert show("party=CEPT") == ["Antelope"]
    assert show("group=cwg-internet") == ["Zebra", "Antelope"]
    assert show("group=cwg-wsis") == []
    assert show("mandate=pp-res-102") == ["Zebra"]
    assert show("action_line=C5") == ["Antelope"]


def test_no_person_outside_of_the_group_finds_what_it_sent(world: World, english: Open, tmp_path: Path) -> None:
    send(world, tmp_path, "Our question", {"organization": "IETF", "wants": "reply"})
    assert "Our question" in english("rafael").get("/sent-liaisons").text
    assert english("chen").get("/sent-liaisons").status_code == 404
    world.seat("chen", "delegate", body="sg3")
    page = english("chen").get("/sent-liaisons").text
    assert "Our question" not in page
    assert set(read_counts(page).values()) == {0}
