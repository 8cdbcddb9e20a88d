"""Incoming liaisons through HTTP: taken in with a file, registered, held, replied to, and listed."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core import clock
from app.core.clamav import ScanState
from app.core.db import transaction
from app.core.storage import open_store
from app.domain.documents.models import Document
from app.domain.liaisons.models import Liaison, LiaisonFile
from app.domain.outputs.models import Output
from tests.browser import Browser
from tests.conftest import Database
from tests.files import make_docx
from tests.world import PARENT, World

Open = Callable[..., Browser]
TO_IETF = ({"organization": "IETF", "wants": "action"},)
HERE = "/bodies/cwg-internet/liaisons"
NEW = {"party": "IETF", "symbol": "LS-7", "subject": "Routing", "original": "en", "wants": "reply", "topics": "spam"}
FILE = {"file": ("statement.docx", make_docx("A statement."))}


def take_in(ines: Browser, **more: str) -> str:
    """The address of a liaison that was taken in."""
    answer = ines.post(HERE, NEW | more, files=FILE)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


def act(who: Browser, address: str, **fields: str) -> str:
    """Send the form of an act with the version that its page shows; returns where it leads."""
    version = who.get(address).text.partition('name="version" value="')[2].partition('"')[0]
    answer = who.post(address, {"version": version} | fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_liaison_goes_from_the_form_of_the_secretariat_to_the_desk_of_its_holder(world: World, english: Open) -> None:
    meeting = world.meeting()
    ines, laurent, amina = english("ines"), english("laurent"), english("amina")
    here = take_in(ines, reply_by="2099-01-01")

    assert "A liaison statement is not registered" in ines.get("/").text
    assert "Routing" not in amina.get("/liaisons").text
    assert amina.get(here).status_code == 404
    assert amina.get(f"{here}/files/en").status_code == 404
    act(ines, f"{here}/register", meeting=str(meeting.id))

    page = amina.get(here).text
    assert "Internet Engineering Task Force" in page
    assert "LS/1" in page
    assert amina.get(f"{here}/files/en").status_code == 200
    assert "Internet Engineering Task Force" in amina.get("/documents?source=IETF").text
    act(laurent, f"{here}/hold", holder=str(world.person("amina").id), until="2098-12-01")
    assert "Prepare the reply to a liaison statement" in amina.get("/").text
    assert world.person("amina").name in ines.get(here).text


def test_a_returned_liaison_is_not_there_for_delegations(world: World, english: Open) -> None:
    ines, amina = english("ines"), english("amina")
    here = take_in(ines)
    act(ines, f"{here}/return", reason="It is not for this group.")

    assert "It is not for this group." in ines.get(here).text
    for address in (here, f"{here}/files/en", f"{here}/register", f"{here}/hold"):
        assert amina.get(address).status_code == 404
    assert "Routing" not in amina.get("/liaisons").text
    assert "Routing" not in amina.get("/record").text


def test_what_was_typed_stays_and_a_refused_file_is_explained(world: World, english: Open) -> None:
    ines = english("ines")
    missing = ines.post(HERE, NEW | {"party": "", "subject": ""}, files=FILE)
    assert missing.status_code == 400
    assert "Select the sender." in missing.text
    assert "Enter the subject." in missing.text
    assert "LS-7" in missing.text
    refused = ines.post(HERE, NEW, files={"file": ("x.docx", b"no document")})
    assert "The file was not accepted and was not saved" in refused.text
    assert 'value="Routing"' in refused.text
    without = ines.post(HERE, NEW)
    assert without.status_code == 400
    assert "Select a file first." in without.text
    unknown = ines.post(HERE, NEW | {"party": "NOWHERE"}, files=FILE)
    assert unknown.status_code == 400
    assert "Select a sender from the register" in unknown.text
    for who in ("amina", "laurent"):
        assert english(who).post(HERE, NEW, files=FILE).status_code == 403
    with transaction(world.read) as session:
        assert session.query(Liaison).count() == 0


def test_the_list_is_narrowed_by_state_party_topic_and_words(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    due = str(clock.now().date() - timedelta(days=1))
    for subject, more in (
        ("Zebra", {"reply_by": due}),
        ("Antelope", {"party": "CEPT", "topics": "privacy"}),
        ("Mole", {"wants": "information"}),
    ):
        act(ines, f"{take_in(ines, subject=subject, **more)}/register", meeting=str(meeting.id))
    take_in(ines, subject="Lion")

    def show(query: str, who: str = "amina") -> list[str]:
        page = english(who).get(f"/liaisons?{query}").text.partition("<main")[2]
        return sorted((each for each in ("Zebra", "Antelope", "Mole", "Lion") if each in page), key=page.index)

    assert show("") == ["Zebra", "Antelope", "Mole"]
    assert show("show=waiting") == ["Zebra", "Antelope"]
    assert show("show=overdue") == ["Zebra"]
    assert show("show=received") == []
    assert show("show=received", "ines") == ["Lion"]
    assert show("party=CEPT") == ["Antelope"]
    assert show("topic=privacy") == ["Antelope"]
    assert show("words=mol") == ["Mole"]
    assert show(f"meeting={meeting.id}") == ["Zebra", "Antelope", "Mole"]
    assert show(f"meeting={world.meeting(number=23).id}") == []
    assert f'href="/liaisons?meeting={meeting.id}"' in english("amina").get(f"/meetings/{meeting.id}").text
    assert "No liaison statements match these filters." in english("amina").get("/liaisons?words=yak").text
    assert english("chen").get("/liaisons").status_code == 404


def test_a_draft_is_made_the_reply_and_then_not_any_more(world: World, english: Open) -> None:
    meeting, ines, laurent = world.meeting(opens_in=0), english("ines"), english("laurent")
    here = take_in(ines)
    act(ines, f"{here}/register", meeting=str(meeting.id))
    draft = world.output(meeting, kind="liaison", addressees=TO_IETF, title="Our reply")
    other = world.output(meeting, kind="report")

    assert "Our reply" in laurent.get(here).text
    assert laurent.post(f"{here}/reply", {"output": str(other.id)}).status_code == 409
    assert laurent.post(f"{here}/reply", {"output": str(draft.id)}).status_code == 303
    assert laurent.post(f"{here}/reply", {"output": str(draft.id)}).status_code == 409
    assert "Our reply" not in english("amina").get(here).text
    assert laurent.post(f"{here}/reply/remove", {"output": str(draft.id)}).status_code == 303
    with transaction(world.read) as session:
        assert session.get_one(Output, draft.id).status == "draft"


def test_the_chair_decides_that_no_answer_is_needed_and_the_group_reads_why(world: World, english: Open) -> None:
    meeting, ines, laurent = world.meeting(), english("ines"), english("laurent")
    here = take_in(ines)
    act(ines, f"{here}/register", meeting=str(meeting.id))
    assert ines.get(f"{here}/close").status_code == 403
    assert act(laurent, f"{here}/close", reason="It was answered orally.").endswith("done=liaison-closed")
    assert "It was answered orally." in english("amina").get(here).text


def test_nothing_is_taken_in_for_a_group_that_has_ended(english: Open, database: Database) -> None:
    ines = english("ines")
    assert f'href="{HERE}/new"' in ines.get("/liaisons").text

    database.run_as_superuser("UPDATE portal.body SET ends_on = '2026-01-01' WHERE code = 'cwg-internet'")

    assert f'href="{HERE}/new"' not in ines.get("/liaisons").text
    assert ines.get(f"{HERE}/new").status_code == 409


def test_the_page_of_a_liaison_says_what_became_of_the_reply_with_its_sender(
    world: World, english: Open, tmp_path: Path
) -> None:
    ines, amina, meeting = english("ines"), english("amina"), world.meeting(opens_in=-1)
    here = take_in(ines)
    act(ines, f"{here}/register", meeting=str(meeting.id))
    to_others = ({"words": "The registry of Northland", "wants": "action"}, {"organization": "CEPT", "wants": "action"})
    draft = world.output(meeting, kind="liaison", addressees=(*TO_IETF, *to_others), title="Our reply")
    assert english("laurent").post(f"{here}/reply", {"output": str(draft.id)}).status_code == 303
    output = world.released(meeting, open_store(f"file://{tmp_path}/released"), draft=draft)
    assert "To be delivered" in amina.get(here).text
    deliveries = {each.recipient: each for each in world.deliver(output)}
    delivery = deliveries.pop("IETF")
    for other in deliveries.values():
        world.hand_over(other)
    assert len(deliveries) == 2
    assert "To be delivered" in amina.get(here).text
    world.hand_over(delivery)
    today = clock.now().astimezone(ZoneInfo("Europe/Zurich")).date().isoformat()

    noted = {"on": today, "how": "By a note verbale"}
    assert ines.post(f"/deliveries/{delivery.id}/acknowledgment", noted).status_code == 303
    assert "Acknowledged" in amina.get(here).text


def test_all_received_liaisons_are_registered_on_one_page(world: World, english: Open) -> None:
    """The desk to the list, the list to the page, one button: in the order of receipt, at the versions that were
    seen."""
    meeting = world.meeting()
    ines, laurent, here = english("ines"), english("laurent"), f"{HERE}/register"
    assert f'href="{here}"' not in ines.get("/liaisons").text
    first, second, third = (take_in(ines, subject=f"Routing {number}") for number in range(3))
    assert f'href="{here}"' in ines.get("/liaisons").text
    page = ines.get(here).text
    keys = re.findall(r'name="liaisons" value="([^"]+)" [^>]* checked', page)
    assert len(keys) == 3
    act(ines, f"{second}/return", reason="For another group.")  # meanwhile

    for wrong, anchor in (
        ({"meeting": ""}, "#f-meeting"),
        ({"liaisons": []}, "#f-liaisons"),
        ({"liaisons": ["x"]}, "#f-liaisons"),
    ):
        refused = ines.post(here, {"meeting": str(meeting.id), "liaisons": keys} | wrong)
        assert (refused.status_code, f'href="{anchor}"' in refused.text) == (400, True), wrong
    other = ines.post(here, {"meeting": str(uuid4()), "liaisons": keys})
    assert (other.status_code, 'href="#f-meeting"' in other.text) == (400, True)
    for who in ("laurent", "amina"):
        assert english(who).get(here).status_code == 403
        assert english(who).post(here, {"meeting": str(meeting.id), "liaisons": keys}).status_code == 403
    assert "LS/1" not in laurent.get("/liaisons").text

    answer = ines.post(here, {"meeting": str(meeting.id), "liaisons": keys})

    assert answer.headers["location"] == f"{here}?done=liaisons-left"  # the one that was returned
    assert "LS/1" in laurent.get(first).text
    assert "LS/2" in laurent.get(third).text
    assert "No liaison statement awaits registration." in ines.get(here).text
    assert "Returned" in ines.get(second).text
    again = ines.post(here, {"meeting": str(meeting.id), "liaisons": keys})
    assert again.headers["location"].endswith("done=liaisons-left")
    assert "LS/3" not in ines.get("/liaisons").text


def test_a_liaison_with_an_infected_file_is_left_and_stops_no_other(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    infected = take_in(ines, subject="Infected")
    with transaction(world.read) as session:
        digest = session.scalars(select(LiaisonFile.sha256)).one()
    answer = ines.post(HERE, NEW | {"subject": "Clean"}, files={"file": ("other.docx", make_docx("Another text."))})
    clean = str(answer.headers["location"]).partition("?")[0]
    world.scanned(digest, ScanState.INFECTED, "Eicar")
    keys = re.findall(r'name="liaisons" value="([^"]+)"', ines.get(f"{HERE}/register").text)

    ines.post(f"{HERE}/register", {"meeting": str(meeting.id), "liaisons": keys})

    assert "LS/1" in ines.get(clean).text
    assert "LS/" not in ines.get(infected).text.partition("<main")[2].partition("Register")[0]
    assert "Infected" in ines.get(f"{HERE}/register").text


def test_another_one_from_the_same_sender_is_taken_in_on_a_form_that_begins_with_sender_and_language(
    world: World, english: Open
) -> None:
    ines, laurent = english("ines"), english("laurent")
    here = take_in(ines, original="fr", topics="spam", reply_by="2099-01-01")
    another = f"{HERE}/new?after={here.rpartition('/')[2]}"
    assert f'href="{another}"' in ines.get(here).text
    assert "Take in another one" not in laurent.get(here).text

    form = ines.get(another).text

    assert re.findall(r'<option value="([^"]+)"[^>]* selected', form) == [NEW["party"], "fr"]
    assert 'value="2099-01-01"' not in form
    assert " checked" not in form.partition("<main")[2]
    assert NEW["subject"] not in form
    assert laurent.get(another).status_code == 403
    world.seat("ines", "secretary", body=PARENT)
    assert ines.get(another.replace("cwg-internet", PARENT)).status_code == 404
    assert ines.get(f"{HERE}/new?after=00000000-0000-0000-0000-000000000000").status_code == 404
    assert take_in(ines, original="fr") != here


def test_a_liaison_cites_mandates_and_action_lines_and_so_does_its_document(world: World, english: Open) -> None:
    meeting, ines, amina = world.meeting(), english("ines"), english("amina")
    here = take_in(ines, mandate_words="pp-res-102", action_lines="C5")
    act(ines, f"{here}/register", meeting=str(meeting.id))
    plain = take_in(ines, subject="Nothing cited")
    act(ines, f"{plain}/register", meeting=str(meeting.id))

    page = amina.get(here).text
    assert 'href="/mandates/pp-res-102"' in page
    assert 'href="/action-lines/C5"' in page
    with transaction(world.read) as session:
        cited = {(tuple(each.mandates), tuple(each.action_lines)) for each in session.query(Document).all()}
    assert cited == {(("pp-res-102",), ("C5",)), ((), ())}
    for query in ("mandate=pp-res-102", "action_line=C5"):
        page = amina.get(f"/liaisons?{query}").text
        assert "Routing" in page
        assert "Nothing cited" not in page
    assert "Routing" not in amina.get("/liaisons?group=cwg-wsis").text
    assert "Routing" in amina.get("/liaisons?group=cwg-internet").text


def test_a_mandate_that_is_not_found_is_named_and_what_was_typed_stays(english: Open) -> None:
    wrong = english("ines").post(HERE, NEW | {"mandate_words": "no such text"}, files=FILE)
    assert wrong.status_code == 400
    assert "No mandate was found with these words." in wrong.text
    assert 'value="no such text"' in wrong.text
    invented = english("ines").post(HERE, NEW | {"action_lines": "C99"}, files=FILE)
    assert invented.status_code == 400
    assert "One of these action lines does not exist." in invented.text


def test_a_sender_can_be_any_group_that_the_secretariat_knows_of(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    form = ines.get(f"{HERE}/new").text
    assert re.search(r'<option value="sg2"[^>]*>SG2 – ', form)
    assert "COE – Council of Europe (name to be confirmed)" in form
    assert "Council of Europe" not in english("amina").get("/liaisons").text
    here = take_in(ines, party="sg2", subject="From a study group")
    act(ines, f"{here}/register", meeting=str(meeting.id))
    assert "SG2" in english("amina").get(here).text
    assert ines.post(HERE, NEW | {"party": "cwg-internet"}, files=FILE).status_code == 400


def test_the_text_is_on_the_page_before_registration_and_on_that_of_the_document_after(
    world: World, english: Open
) -> None:
    meeting, ines = world.meeting(), english("ines")
    here = take_in(ines)
    assert "The text is being prepared for reading." in ines.get(here).text
    with transaction(world.read) as session:
        (file,) = session.query(LiaisonFile).all()
    world.rendered(file.sha256, "A statement.")
    page = ines.get(here).text
    assert "A statement." in page.partition('id="text"')[2]
    act(ines, f"{here}/register", meeting=str(meeting.id))
    assert 'id="text"' not in ines.get(here).text


def test_a_past_day_is_named_at_its_field_and_persons_are_listed_with_state_and_role(
    world: World, english: Open
) -> None:
    meeting, ines, laurent = world.meeting(), english("ines"), english("laurent")
    here = take_in(ines)
    act(ines, f"{here}/register", meeting=str(meeting.id))
    form = laurent.get(f"{here}/hold").text
    assert re.search(f"{world.person('amina').name} – Kenya, [a-z ]+<", form)
    assert f"{world.person('laurent').name} – Switzerland, chair" in form, re.findall(r"– [^<]+", form)
    amina = str(world.person("amina").id)
    past = laurent.post(f"{here}/hold", {"holder": amina, "until": "2020-01-01", "version": "2"})
    assert past.status_code == 400
    assert 'href="#f-until"' in past.text
    assert past.text.count("“Until” is a day in the past.") == 2
    assert re.search(r'id="f-until"[^>]*aria-invalid="true"|aria-invalid="true"[^>]*id="f-until"', past.text)


def test_the_problems_of_a_form_are_listed_in_the_order_of_its_fields(english: Open) -> None:
    ines = english("ines")
    page = ines.post(HERE, {"wants": "x", "original": ""}, files=FILE).text
    named = re.findall(r'href="#f-(\w+)"', page)
    assert named == ["party", "subject", "original", "wants"]
    page = ines.post("/bodies/cwg-internet/reporting-duties", {"every_months": "12"}).text
    assert re.findall(r'href="#f-(\w+)"', page) == ["organization", "clause", "next_due_on", "from_on"]
