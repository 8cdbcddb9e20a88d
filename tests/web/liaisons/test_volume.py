"""The pages of a study group meeting of real size: 100 liaisons in, 40 out, 80 contributions, 300 temporary documents.

Such numbers were handled by ITU-T Study Group 2 in February 2025 (99, 41 and 81). `-s` prints statements, bytes and
processor time of each page; docs/workplaces.md has the figures.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select

from app.core.db import transaction
from app.domain.agendas.actions import allocation
from app.domain.agendas.models import AgendaItem
from app.domain.bodies.models import Body
from app.domain.documents.actions.registration import register_document
from app.domain.documents.inputs import EditionContent, LanguageFile, NewDocument
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.liaisons.actions import take_in_liaison
from app.domain.liaisons.inputs import NewLiaison
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting
from app.domain.outputs.inputs import OutputCover
from tests.browser import Browser
from tests.web.bodies.test_study_groups import Q6, study_group
from tests.world import World, give_seat, record_rows

Open = Callable[..., Browser]
__all__ = ["study_group"]  # the fixture
LIAISONS_IN, LIAISONS_OUT, CONTRIBUTIONS, TEMPORARY_DOCUMENTS = 100, 40, 80, 300
ORGANIZATIONS = ("IETF", "ISOC", "CEPT", "GSMA")
REGISTER = "/bodies/sg3/liaisons/register"


def take_in_liaisons(world: World, file: LanguageFile) -> None:
    with world.acting("olga") as (session, actor):
        body = session.scalars(select(Body).where(Body.code == "sg3")).one()
        for number in range(LIAISONS_IN):
            new = NewLiaison(
                party=ORGANIZATIONS[number % len(ORGANIZATIONS)],
                symbol=f"LS-{number}",
                subject=f"Liaison statement {number} on tariffs",
                original="en",
                wants=("reply", "action", "comment", "information")[number % 4],
            )
            take_in_liaison(session, actor, body, new, file)


def register_documents(world: World, meeting: Meeting, file: LanguageFile) -> None:
    with world.acting("olga") as (session, actor):
        for series, kind, number in (
            *(("C", "contribution", number) for number in range(CONTRIBUTIONS)),
            *(("DT", "temporary", number) for number in range(TEMPORARY_DOCUMENTS)),
        ):
            text = EditionContent(
                original="en", titles={"en": f"A text on tariffs, {number}"}, questions=Q6, files=(file,)
            )
            source = ("KEN", "LANTERN-TELECOM")[number % 2] if series == "C" else "ITU"
            new = NewDocument(
                body_id=meeting.body_id, series=series, scope=str(meeting.number), kind=kind, entity=source, text=text
            )
            register_document(session, actor, new)


@contextmanager
def noted_statements(engine: Any) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def measure(engine: Any, who: Browser, page: str) -> tuple[int, int, float, str]:
    """Statements, bytes and processor milliseconds of a page, the better of two requests, and the page."""
    figures = []
    for _ in range(2):
        with noted_statements(engine) as seen:
            began = time.process_time()
            answer = who.get(page)
            used = time.process_time() - began
        assert answer.status_code == 200, (page, answer.status_code)
        figures.append((used, len(seen), len(answer.content), answer.text))
    used, statements, size, text = min(figures)
    return statements, size, used * 1000, text


def test_pages_of_a_large_meeting_take_few_statements_and_few_clicks(
    world: World,
    english: Open,
    portal: Any,
    study_group: Meeting,
) -> None:
    with transaction(world.write) as session:
        give_seat(session, session.get_one(Person, world.person("haruka").id), "chair", "sg3")
        record_rows(session)
    file, engine = world.file(), portal.app.state.portal.engine
    take_in_liaisons(world, file)
    olga, chair, kenya = english("olga"), english("haruka"), english("amina")
    waiting = measure(engine, olga, "/")
    form = measure(engine, olga, REGISTER)
    keys = re.findall(r'name="liaisons" value="([^"]+)"', form[3])
    assert len(keys) == LIAISONS_IN
    began = time.process_time()
    answer = olga.post(REGISTER, {"meeting": str(study_group.id), "liaisons": keys})
    registered_in = time.process_time() - began
    assert answer.headers["location"].endswith("done=liaisons-registered")
    register_documents(world, study_group, file)
    here = f"/meetings/{study_group.id}"
    item = world.item(study_group, "Tariffs", by="haruka")
    with world.acting("haruka") as (session, actor):
        meeting, there = session.get_one(Meeting, study_group.id), session.get_one(AgendaItem, item.id)
        documents = session.scalars(select(Document).where(Document.body_id == meeting.body_id)).all()
        assert len(documents) == LIAISONS_IN + CONTRIBUTIONS + TEMPORARY_DOCUMENTS
        for document in documents:
            allocation.allocate_document(session, actor, meeting, document, there, version=meeting.agenda_version)
    world.agenda_released(study_group, by="haruka")
    for number in range(LIAISONS_OUT):
        make_draft(world, study_group, number)
    first = documents[0].id

    pages: Sequence[tuple[Browser, str, str]] = (
        (olga, "the list of liaison statements", "/liaisons"),
        (olga, "its second page", "/liaisons?page=2"),
        (olga, "the desk of the secretary", "/"),
        (chair, "the desk of the chair", "/"),
        (kenya, "the desk of a delegate", "/"),
        (kenya, "the list of documents", f"{here}/documents"),
        (kenya, "the outcomes of a document", f"/documents/{first}/outcomes"),
        (kenya, "the agenda", f"{here}/agenda"),
        (chair, "the editor of the agenda", f"{here}/agenda/edit"),
        (olga, "the list of outputs", "/outputs"),
    )
    measured = {name: measure(engine, who, page) for who, name, page in pages}
    measured |= {"the desk before registration": waiting, "the form that registers 100": form}
    for name, (statements, size, milliseconds, _text) in measured.items():
        print(f"{name}: {statements} statements, {size / 1000:.0f} kB, {milliseconds:.0f} ms")
    print(f"register {LIAISONS_IN} liaison statements: {registered_in * 1000:.0f} ms")
    assert {name: each[0] for name, each in measured.items() if each[0] > 10} == {}
    for name in ("the list of liaison statements", "the desk before registration", "the list of documents"):
        assert measured[name][1] < 200_000, name
    assert measured["the list of liaison statements"][3].count("LS/") <= 60
    assert "LS/1" in "".join(measured[name][3] for name in ("the list of liaison statements", "its second page"))


def make_draft(world: World, meeting: Meeting, number: int) -> None:
    with world.acting("olga") as (session, actor):
        cover = OutputCover(
            kind="liaison",
            original="en",
            titles={"en": f"Liaison statement to be sent {number}"},
            addressees=({"organization": "IETF", "wants": "action"},),
        )
        drafting.create_draft_output(session, actor, session.get_one(Meeting, meeting.id), cover)
