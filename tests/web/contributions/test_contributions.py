"""A contribution's whole way through its pages, and every refusal on it."""

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, select

from app.core import clock
from app.core.db import set_row_security, transaction
from app.domain.contributions.actions import drafting
from app.domain.contributions.models import Contribution, ContributionFile, ContributionStatus
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.meetings.models import Meeting
from tests.browser import Browser
from tests.files import a_docx, a_pdf, rooted
from tests.world import GRACE, World

Open = Callable[..., Browser]
PAPER = {"title": "Repair of routes", "original": "en", "purpose": "discussion", "abstract": "Two lines.\nAnd more."}


def cover(**changed: str) -> dict[str, object]:
    return {"key": str(uuid4()), "item": ""} | PAPER | changed


def upload(content: bytes | None = None, name: str = "paper.docx") -> dict[str, tuple[str, bytes, str]]:
    return {"file": (name, a_docx("A text.") if content is None else content, "application/octet-stream")}


def scripted() -> bytes:
    """A PDF that would run a script when it is opened."""
    return a_pdf(rooted(OpenAction={"/S": "/JavaScript", "/JS": "app.alert(1)"}))


def kept(world: World, entity: str = "KEN") -> list[Contribution]:
    with transaction(world.read) as session:
        set_row_security(session, entity)
        return list(session.scalars(select(Contribution)))


def files(world: World, entity: str = "KEN") -> list[ContributionFile]:
    with transaction(world.read) as session:
        set_row_security(session, entity)
        return list(session.scalars(select(ContributionFile).order_by(ContributionFile.language)))


def one(world: World) -> Contribution:
    (found,) = kept(world)
    return found


def path(contribution: Contribution, rest: str = "") -> str:
    return f"/contributions/{contribution.id}{rest}"


def past_the_deadline(meeting: Meeting) -> timedelta:
    return meeting.contributions_due_at - clock.now() + timedelta(hours=1)


# Beginning and changing a draft


def test_a_draft_with_its_file_is_saved_at_once_and_once_though_sent_twice(world: World, browser: Open) -> None:
    meeting = world.meeting()
    amina = browser("amina")
    page = amina.get(f"/meetings/{meeting.id}/contributions/new")
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key
    content = a_docx("The text.")

    sent = [
        amina.post(f"/meetings/{meeting.id}/contributions", cover(key=key[1]), files=upload(content)) for _ in range(2)
    ]

    assert [answer.status_code for answer in sent] == [303, 303]
    assert {answer.headers["Location"] for answer in sent} == {f"/contributions/{one(world).id}/edit?done=saved"}
    assert (one(world).title, one(world).entity) == ("Repair of routes", "KEN")
    assert [file.sha256 for file in files(world)] == [hashlib.sha256(content).hexdigest()]
    shown = amina.get(sent[0].headers["Location"])
    assert "It is saved." in shown.text
    assert "paper.docx" in shown.text


def test_a_cover_that_does_not_fit_comes_back_with_everything_typed(world: World, browser: Open) -> None:
    meeting = world.meeting()

    answer = browser("amina").post(
        f"/meetings/{meeting.id}/contributions", cover(title="", abstract="Words <b>typed</b>")
    )

    assert answer.status_code == 400
    assert 'href="#f-title"' in answer.text
    assert "Words &lt;b&gt;typed&lt;/b&gt;" in answer.text
    assert kept(world) == []


def test_a_file_that_is_refused_with_the_first_save_keeps_nothing_but_what_was_typed(
    world: World, browser: Open
) -> None:
    meeting = world.meeting()

    answer = browser("amina").post(
        f"/meetings/{meeting.id}/contributions", cover(), files=upload(scripted(), "paper.pdf")
    )

    assert answer.status_code == 400
    assert "The file was not taken" in answer.text
    assert 'value="Repair of routes"' in answer.text
    assert kept(world) == []


@pytest.mark.parametrize(
    ("who", "status"), [("amina", 200), ("ines", 200), ("joseph", 403), ("laurent", 403), ("wambui", 404)]
)
def test_only_delegates_and_the_secretariat_begin_a_contribution(
    world: World, browser: Open, who: str, status: int
) -> None:
    meeting = world.meeting()

    assert browser(who).get(f"/meetings/{meeting.id}/contributions/new").status_code == status
    written_for = {"entity": "KEN", "series": "C"} if who == "ines" else {}
    posted = browser(who).post(f"/meetings/{meeting.id}/contributions", cover() | written_for)
    assert posted.status_code == (303 if status == 200 else status)


def test_a_draft_is_changed_and_its_item_kept(world: World, browser: Open) -> None:
    meeting = world.meeting()
    item = world.item(meeting, "Connectivity")
    world.agenda_released(meeting)
    draft = world.draft(meeting)
    amina = browser("amina")
    assert "1 Connectivity" in amina.get(path(draft, "/edit")).text

    answer = amina.post(path(draft), PAPER | {"item": str(item.id), "version": draft.version})

    assert answer.headers["Location"] == path(draft, "/edit?done=saved")
    assert (one(world).title, one(world).item_id) == ("Repair of routes", item.id)


def test_an_item_that_left_the_agenda_is_said_beside_the_field(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())

    answer = browser("amina").post(path(draft), PAPER | {"item": str(uuid4()), "version": draft.version})

    assert answer.status_code == 400
    assert "not on the agenda any more" in answer.text
    assert 'value="Repair of routes"' in answer.text


def test_of_two_colleagues_the_second_is_shown_both_texts_and_overwrites_nothing(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    assert amina.post(path(draft), PAPER | {"title": "The first text", "version": draft.version}).status_code == 303

    answer = amina.post(path(draft), PAPER | {"title": "The second text", "version": draft.version})

    assert answer.status_code == 409
    assert "The first text" in answer.text
    assert 'value="The second text"' in answer.text
    assert one(world).title == "The first text"
    assert f'name="version" value="{one(world).version}"' in answer.text


def test_a_version_that_no_draft_can_have_is_refused(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())

    assert browser("amina").post(path(draft, "/submit"), {"version": "9" * 40}).status_code == 422


def test_a_field_that_is_sent_twice_is_refused(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    twice = PAPER | {"title": ["One", "Two"], "version": draft.version}

    assert browser("amina").post(path(draft), twice).status_code == 400
    assert one(world).title == draft.title


# Files


def test_a_second_language_is_added_downloaded_and_removed(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    content = a_docx("Le texte.")

    answer = amina.post(path(draft, "/files"), {"language": "fr"}, files=upload(content, "texte.docx"))

    assert answer.headers["Location"] == path(draft, "/edit?done=received")
    assert [file.language for file in files(world)] == ["en", "fr"]
    taken = amina.get(path(draft, "/files/fr"))
    assert (taken.content, taken.headers["Cache-Control"]) == (content, "private, no-cache")
    assert taken.headers["Content-Disposition"] == 'attachment; filename="texte.docx"'
    assert amina.post(path(draft, "/files/fr/remove")).status_code == 303
    assert [file.language for file in files(world)] == ["en"]
    assert amina.get(path(draft, "/files/fr")).status_code == 404


@pytest.mark.parametrize("button", ["/files", "/files/en/remove", ""])
def test_no_button_of_the_page_loses_what_was_typed_beside_it(world: World, browser: Open, button: str) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    assert amina.get(path(draft, "/edit")).text.count('<form method="post" action="/contributions/') == 1
    typed = PAPER | {"title": "Typed just now", "version": draft.version, "language": "fr"}

    answer = amina.post(path(draft, button), typed, files=None if "remove" in button else upload())

    assert answer.status_code == 303
    assert one(world).title == "Typed just now"
    assert [file.language for file in files(world)] == ([] if "remove" in button else ["en", "fr"])


@pytest.mark.parametrize("button", ["/files", "/files/en/remove", ""])
def test_nothing_is_saved_in_what_a_colleague_submits_at_the_same_time(
    world: World, browser: Open, button: str
) -> None:
    draft = world.draft(world.meeting())
    amina, typed = browser("amina"), PAPER | {"title": "Typed meanwhile", "version": draft.version, "language": "fr"}
    amina.get(path(draft))

    with ThreadPoolExecutor(1) as pool:
        with world.acting("amina") as (session, actor):
            there = contributions.get_visible_contribution(session, actor, draft.id, lock=True)
            sent = {"files": upload()} if button == "/files" else {}
            saving = pool.submit(lambda: amina.post(path(draft, button), typed, **sent))
            with pytest.raises(TimeoutError):
                saving.result(2)
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, there),
                version=there.version,
                grace=GRACE,
                accepts_lateness=False,
            )
        answer = saving.result(10)

    assert (answer.status_code, "Typed meanwhile" in answer.text) == (409, True)
    assert (one(world).title, one(world).version) == (draft.title, draft.version + 1)
    assert [file.language for file in files(world)] == ["en"]


@pytest.mark.parametrize("button", ["/files", "/files/en/remove", ""])
@pytest.mark.parametrize(("wrong", "status"), [({"title": ""}, 400), ({"version": 0}, 409)])
def test_a_cover_that_cannot_be_saved_leaves_the_files_as_they_were(
    world: World, browser: Open, button: str, wrong: dict[str, object], status: int
) -> None:
    draft = world.draft(world.meeting())
    typed = PAPER | {"abstract": "Typed just now", "version": draft.version, "language": "fr"} | wrong

    answer = browser("amina").post(path(draft, button), typed, files=None if "remove" in button else upload())

    assert (answer.status_code, "Typed just now" in answer.text) == (status, True)
    assert "If you had chosen a file, choose it again." in answer.text
    assert [file.language for file in files(world)] == ["en"]


def test_a_file_that_is_refused_leaves_what_was_typed_on_the_page(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    typed = PAPER | {"title": "Typed just now", "version": draft.version, "language": "fr"}

    answer = browser("amina").post(path(draft, "/files"), typed, files=upload(scripted(), "paper.pdf"))

    assert (answer.status_code, 'value="Typed just now"' in answer.text) == (400, True)
    assert one(world).title == draft.title


def test_a_form_that_was_used_before_is_said_to_be_stale_and_not_that_a_file_was_refused(
    world: World, browser: Open
) -> None:
    amina, meeting = browser("amina"), world.meeting()
    sent = cover()
    assert amina.post(f"/meetings/{meeting.id}/contributions", sent).status_code == 303

    answer = amina.post(f"/meetings/{meeting.id}/contributions", sent | {"title": "Another", "version": 0})

    assert answer.status_code == 409
    assert ("changed after you opened" in answer.text, "The file was not taken" in answer.text) == (True, False)


def test_a_file_with_a_script_is_refused_with_what_where_and_what_to_do(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    before = files(world)[0].sha256

    answer = browser("amina").post(path(draft, "/files"), {"language": "en"}, files=upload(scripted(), "paper.pdf"))

    assert answer.status_code == 400
    assert "What was found in it" in answer.text
    assert answer.text.count('<span class="tag bad">Refused</span>') >= 2
    assert [file.sha256 for file in files(world)] == [before]


@pytest.mark.parametrize(("language", "content"), [("en", None), ("xx", b"x"), ("", b"x")])
def test_a_file_needs_a_language_and_has_to_be_chosen(
    world: World, browser: Open, language: str, content: bytes | None
) -> None:
    draft = world.draft(world.meeting(), file=False)
    sent = {} if content is None else {"files": upload(content)}

    answer = browser("amina").post(path(draft, "/files"), {"language": language}, **sent)

    assert answer.status_code == 400
    assert "error-summary" in answer.text
    assert files(world) == []


def test_a_file_that_is_too_large_is_refused_and_the_draft_is_still_shown(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting(), file=False)
    with world.acting("ines") as (session, _):
        session.get_one(type(world.body()), draft.body_id).largest_file = 10

    answer = browser("amina").post(path(draft, "/files"), {"language": "en"}, files=upload())

    assert answer.status_code == 413
    assert draft.title in answer.text
    assert files(world) == []


# Submitting


def test_what_was_checked_is_submitted_and_the_receipt_shows_when_and_what(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    digest = files(world)[0].sha256
    in_groups = " ".join(digest[start : start + 4] for start in range(0, 64, 4))
    page = amina.get(path(draft, "/check"))
    assert draft.title in page.text
    assert in_groups in page.text
    assert 'name="late"' not in page.text

    answer = amina.post(path(draft, "/submit"), {"version": draft.version})

    assert answer.headers["Location"] == path(draft, "/receipt?done=submitted")
    assert (one(world).status, one(world).late) == (ContributionStatus.SUBMITTED, False)
    shown = amina.get(path(draft, "/receipt?done=submitted")).text
    assert "Your contribution was received" in shown
    assert in_groups in shown
    submitted_at = one(world).submitted_at
    assert submitted_at
    assert submitted_at.strftime("%H:%M:%S UTC") in shown


def test_a_draft_that_was_changed_after_the_check_is_not_submitted(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())

    answer = browser("amina").post(path(draft, "/submit"), {"version": draft.version - 1})

    assert answer.status_code == 409
    assert "changed after you checked it" in answer.text
    assert one(world).status == ContributionStatus.DRAFT


def test_without_the_file_in_the_original_language_there_is_no_button_and_no_way(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting(), file=False)
    amina = browser("amina")

    page = amina.get(path(draft, "/check"))
    answer = amina.post(path(draft, "/submit"), {"version": draft.version})

    assert path(draft, "/submit") not in page.text
    assert answer.status_code == 400
    assert "The file in the original language is missing" in answer.text
    assert one(world).status == ContributionStatus.DRAFT


def test_after_the_deadline_only_a_plea_to_the_chair_is_taken(world: World, browser: Open) -> None:
    meeting = world.meeting()
    draft = world.draft(meeting)
    with clock.shifted_clock(past_the_deadline(meeting)):
        amina = browser("amina")
        page = amina.get(path(draft, "/check"))
        assert "Submit late and ask the chair" in page.text

        plain = amina.post(path(draft, "/submit"), {"version": draft.version})
        assert (plain.status_code, one(world).status) == (409, ContributionStatus.DRAFT)
        assert "Submit late and ask the chair" in plain.text

        asked = amina.post(path(draft, "/submit"), {"version": draft.version, "late": "yes"})
        assert asked.status_code == 303
        assert (one(world).status, one(world).late) == (ContributionStatus.SUBMITTED, True)


def test_an_upload_counts_from_when_its_headers_had_arrived(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    before = clock.now()

    browser("amina").post(path(draft, "/files"), {"language": "en"}, files=upload())

    began, received = files(world)[0].began_at, files(world)[0].received_at
    assert began
    assert before <= began < received


@pytest.mark.parametrize(
    ("method", "rest"),
    [("get", "/edit"), ("get", "/check"), ("get", "/discard"), ("post", "/discard"), ("post", "/files/en/remove")],
)
def test_what_was_submitted_cannot_be_changed_any_more(world: World, browser: Open, method: str, rest: str) -> None:
    submitted = world.submitted(world.meeting())

    answer = getattr(browser("amina"), method)(path(submitted, rest))

    assert answer.status_code == 409
    assert one(world).status == ContributionStatus.SUBMITTED


def test_a_draft_is_thrown_away_after_a_page_that_says_so(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    amina = browser("amina")
    assert "cannot be undone" in amina.get(path(draft, "/discard")).text

    answer = amina.post(path(draft, "/discard"))

    assert answer.headers["Location"] == "/contributions?done=discarded"
    assert kept(world) == []


# The secretariat and the chair


def test_the_secretary_finds_it_in_the_queue_and_registers_it(world: World, browser: Open) -> None:
    submitted = world.submitted(world.meeting())
    ines = browser("ines")
    assert path(submitted) in ines.get("/contributions").text
    assert path(submitted, "/register") in ines.get(path(submitted)).text

    answer = ines.post(path(submitted, "/register"), {"version": submitted.version})

    assert answer.headers["Location"] == f"/documents/{one(world).document_id}?done=registered"
    shown = ines.get(answer.headers["Location"]).text
    assert "CWG-Internet 22/1" in shown
    assert "It is registered." in shown
    assert "CWG-Internet 22/1" in browser("amina").get(path(submitted)).text


def test_it_is_returned_with_a_reason_that_the_delegation_reads(world: World, browser: Open) -> None:
    submitted = world.submitted(world.meeting())
    ines = browser("ines")
    assert 'name="reason"' in ines.get(path(submitted, "/return")).text
    assert ines.post(path(submitted, "/return"), {"reason": ""}).status_code == 400

    answer = ines.post(path(submitted, "/return"), {"reason": "The annex is missing.", "version": submitted.version})

    assert answer.headers["Location"] == "/contributions?done=returned"
    assert one(world).status == ContributionStatus.RETURNED
    assert "The annex is missing." in browser("amina").get(path(submitted, "/edit")).text


@pytest.mark.parametrize("held", [False, True], ids=["submitted", "held"])
def test_its_state_takes_it_back_before_it_is_registered_and_keeps_the_receipt(
    world: World, browser: Open, held: bool
) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(past_the_deadline(meeting) if held else timedelta(0)):
        there = world.held(meeting) if held else world.submitted(meeting)
        amina, ines = browser("amina"), browser("ines")
        assert ines.get(path(there)).status_code == 200
        assert path(there, "/take-back") in amina.get(path(there)).text
        assert "a draft of your delegation again" in amina.get(path(there, "/take-back")).text
        assert amina.post(path(there, "/take-back"), {"version": there.version - 1}).status_code == 409

        answer = amina.post(path(there, "/take-back"), {"version": there.version})

        assert answer.headers["Location"] == path(there, "?done=draft-again")
        page = amina.get(answer.headers["Location"]).text
        assert ("It was taken back." in page, "Received from Kenya" in page) == (True, False)
        assert amina.get(path(there, "/receipt")).status_code == 200
        assert ines.get(path(there)).status_code == 404
        assert there.title not in ines.get("/contributions").text + ines.get("/").text
        again = amina.post(path(there, "/submit"), {"version": one(world).version, "late": "yes"})
        assert again.status_code == 303
        assert one(world).submitted_at > there.submitted_at
        assert ines.get(path(there)).status_code == 200


@pytest.mark.parametrize("back", ["take-back", "return"])
def test_the_page_from_before_does_not_say_that_a_draft_was_submitted(world: World, browser: Open, back: str) -> None:
    there = world.submitted(world.meeting())
    amina, sent = browser("amina"), {"version": there.version - 1}
    assert "/receipt?done=submitted" in amina.post(path(there, "/submit"), sent).headers["Location"]
    who, why = ("ines", {"reason": "Look again."}) if back == "return" else ("amina", {})
    assert browser(who).post(path(there, f"/{back}"), why | {"version": there.version}).status_code == 303

    answer = amina.post(path(there, "/submit"), sent)

    assert (answer.status_code, "Look at it once more, then submit it" in answer.text) == (409, True)


def test_what_is_registered_is_not_taken_back(world: World, browser: Open) -> None:
    there, _ = world.registered(world.meeting())
    amina = browser("amina")

    assert path(there, "/take-back") not in amina.get(path(there)).text
    assert amina.get(path(there, "/take-back")).status_code == 409
    assert amina.post(path(there, "/take-back"), {"version": there.version}).status_code == 409
    assert one(world).status == ContributionStatus.REGISTERED


def test_what_is_held_can_be_returned(world: World, browser: Open) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(past_the_deadline(meeting)):
        held = world.held(meeting)
        sent = {"reason": "No meeting will take it up.", "version": held.version}

        assert browser("ines").post(path(held, "/return"), sent).status_code == 303

        assert "No meeting will take it up." in browser("amina").get(path(held)).text
    assert (one(world).status, one(world).held_because) == (ContributionStatus.RETURNED, None)


def test_what_is_late_of_their_own_state_is_not_in_the_list_of_a_chair(world: World, browser: Open) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(past_the_deadline(meeting)):
        late = world.submitted(meeting)
        assert path(late) in browser("laurent").get("/contributions").text
        world.seat("laurent", "delegate")
        own = world.submitted(meeting, by="laurent", title="Our own late title")
        page = browser("laurent").get("/contributions").text

    assert path(late) in page
    assert page.count(own.title) == 1  # among what is their own State's


def test_a_late_one_is_registered_only_after_a_chair_of_another_state_accepted_it(world: World, browser: Open) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(past_the_deadline(meeting)):
        late = world.submitted(meeting)
        ines, laurent = browser("ines"), browser("laurent")
        assert path(late) in laurent.get("/contributions").text
        assert ines.post(path(late, "/register")).status_code == 409
        assert 'name="reason"' in laurent.get(path(late, "/accept-late")).text
        assert laurent.post(path(late, "/accept-late"), {"reason": " "}).status_code == 400

        answer = laurent.post(path(late, "/accept-late"), {"reason": "The line was down.", "version": late.version})

        assert answer.headers["Location"] == path(late, "?done=accepted")
        assert "The line was down." in laurent.get(path(late)).text
        assert ines.post(path(late, "/register"), {"version": late.version + 1}).status_code == 303


@pytest.mark.parametrize("act", ["register", "return", "accept-late"])
def test_the_delegation_itself_decides_nothing_of_this(world: World, browser: Open, act: str) -> None:
    meeting = world.meeting()
    with clock.shifted_clock(past_the_deadline(meeting)):
        late = world.submitted(meeting)
        amina = browser("amina")
        answer = amina.post(path(late, f"/{act}"), {"reason": "Because we wish it."})
        page = amina.get(path(late, f"/{act}"))

    assert answer.status_code == 403
    assert page.status_code == (405 if act == "register" else 403)
    assert one(world).status == ContributionStatus.SUBMITTED


# Who sees it


@pytest.mark.parametrize("who", ["rafael", "ines", "laurent", "joseph", "wambui", "chen"])
def test_a_draft_exists_for_its_own_delegates_alone(world: World, browser: Open, who: str) -> None:
    draft = world.draft(world.meeting())
    assert draft.title in browser("amina").get(path(draft)).text
    stranger = browser(who)
    nothing = stranger.get(f"/contributions/{uuid4()}")

    for rest in ("", "/edit", "/check", "/discard", "/files/en", "/return", "/accept-late"):
        answer = stranger.get(path(draft, rest))
        assert answer.status_code == 404
        assert draft.title not in answer.text
    assert stranger.get(path(draft)).text == nothing.text
    for rest in ("/submit", "/files", "/discard", "/register", "/files/en/remove", ""):
        sent = {"version": 1, "language": "en", "reason": "Just so."}
        assert stranger.post(path(draft, rest), sent).status_code == 404
    assert draft.title not in stranger.get("/contributions").text


def test_nobody_without_a_session_gets_anything(world: World, browser: Open) -> None:
    draft = world.draft(world.meeting())
    assert browser("amina").get(path(draft)).status_code == 200

    assert browser().get(path(draft)).status_code == 401
    assert browser().get("/contributions").status_code == 401
    assert browser().post(path(draft, "/discard")).status_code == 401


def test_a_list_of_three_costs_no_more_statements_than_one(world: World, browser: Open, portal: object) -> None:
    meeting = world.meeting()
    ines = browser("ines")
    engine = portal.app.state.portal.engine
    counts = []
    for _ in range(2):
        world.submitted(meeting)
        statements: list[str] = []
        listen = lambda *said, into=statements: into.append(said[2])  # noqa: E731 - SQLAlchemy wants a function
        event.listen(engine, "before_cursor_execute", listen)
        assert ines.get("/contributions").status_code == 200
        event.remove(engine, "before_cursor_execute", listen)
        counts.append(len(statements))
        world.submitted(meeting)

    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("who", "name", "opens_in"),
    [("ines", "queue", 40), ("ines", "late", 0), ("laurent", "late", 0), ("amina", "own", 0)],
)
def test_a_long_list_has_pages_and_hides_nothing(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch, who: str, name: str, opens_in: int
) -> None:
    monkeypatch.setattr("app.web.contributions.pages.PAGE_SIZE", 2)
    meeting = world.meeting(opens_in=opens_in)
    made = {str(world.submitted(meeting, title=f"Contribution {number}").id) for number in range(3)}
    reader = browser(who)

    first, second = (reader.get(f"/contributions?{name}={number}").text for number in (1, 2))

    assert f'href="?{name}=2#h-{name}" rel="next"' in first
    for page, rows in ((first, "1 to 2 of 3"), (second, "3 to 3 of 3")):
        section = page[page.index(f'id="h-{name}"') :].split("</section>")[0]
        assert rows in section
        shown = {key for key in made if f'href="/contributions/{key}"' in section}
        assert shown
        made -= shown
    assert made == set()
    assert reader.get(f"/contributions?{name}=3").status_code == 404
    assert reader.get(f"/contributions?{name}=1&{name}=2").status_code == 400
