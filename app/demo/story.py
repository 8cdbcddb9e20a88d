"""The demo's story: a closed meeting with released outputs, and one to come whose contributions are arriving.

Told through the verbs of the house, by people who may do what they do, with files that went through the gate, in one
transaction: it is there whole or not at all. Nothing in it is anybody's real position.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession, Titles, WriteSession, act_for
from app.core.intake import take_in
from app.core.store import Store
from app.demo import files
from app.demo.cast import CAST, Player
from app.demo.extras import EXTRAS, SEATS
from app.domain.bodies import roster
from app.domain.bodies.models import Body
from app.domain.bodies.queries import seats_of
from app.domain.contributions import actions as contributions
from app.domain.contributions.inputs import Because
from app.domain.contributions.inputs import Cover as ContributionCover
from app.domain.contributions.models import Contribution, Purpose
from app.domain.documents.inputs import FileOf
from app.domain.documents.models import Document
from app.domain.identity import people
from app.domain.identity.claims import Claims, Membership
from app.domain.identity.models import Person
from app.domain.meetings import actions as meetings
from app.domain.meetings import queries as agendas
from app.domain.meetings.inputs import ItemTitle, NewMeeting
from app.domain.meetings.models import Meeting
from app.domain.outputs import actions as outputs
from app.domain.outputs import queries as texts
from app.domain.outputs.inputs import Adoption
from app.domain.outputs.inputs import Cover as OutputCover
from app.domain.outputs.models import Kind
from app.domain.releases import actions as releases

PAPERS = Path(__file__).with_name("papers.json")
BODY, PARENT = "cwg-internet", "wg-wsis"
PAST, PRESENT, AT_WSIS = 21, 22, 44
ZONE = "Europe/Zurich"
MIB = 1024 * 1024
GRACE = timedelta(minutes=30)
BEGAN, OPENED, OPENS = 260, 180, 25  # days: the roster, ago; the 21st meeting, ago; the 22nd, from now
RELEASED = 150  # days ago


class Told(BaseModel):
    """Part of `papers.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paper(Told):
    """A contribution: by whom, how many days ago it was submitted, its item, and its text in each language."""

    key: str
    by: str
    original: str
    days: int
    item: int
    purpose: Purpose
    abstract: str
    texts: Mapping[str, files.Text]
    pdf: bool = False
    register_it: bool = False
    submit_it: bool = False
    return_because: str = ""


class Result(Told):
    """An output of the closed meeting, and the papers that it was made from."""

    key: str
    kind: Kind
    original: str
    sources: Sequence[str]
    texts: Mapping[str, files.Text]
    titles: Titles = {}


class Gathering(Told):
    """What came to one meeting."""

    agenda: Sequence[Titles]
    papers: Sequence[Paper]


class Papers(Told):
    """The whole of `papers.json`."""

    place: Titles
    past: Gathering
    present: Gathering
    wsis: Gathering
    outputs: Sequence[Result]


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the story's files go."""

    kept: Store
    released: Store


def is_told(session: ReadSession) -> bool:
    """Whether there is a meeting already, be it the story's or somebody's own."""
    return session.scalar(select(Meeting.id).limit(1)) is not None


def tell(session: WriteSession, stores: Stores, issuer: str) -> None:
    """Tell all of it, in this transaction."""
    papers = Papers.model_validate_json(PAPERS.read_bytes())
    Teller(session, stores, issuer, papers, _through_the_gate(papers, stores.kept)).tell()


def _through_the_gate(papers: Papers, store: Store) -> dict[tuple[str, str], FileOf]:
    """Every file, by key and language. The gate is a process for each file, so two are examined at a time."""
    wanted = [
        (paper.key, text, getattr(paper, "pdf", False))
        for paper in (*papers.past.papers, *papers.present.papers, *papers.wsis.papers, *papers.outputs)
        for text in paper.texts.values()
    ]

    def take(one: tuple[str, files.Text, bool]) -> tuple[tuple[str, str], FileOf]:
        key, text, is_pdf = one
        name = f"{key}-{text.language}.{'pdf' if is_pdf else 'docx'}"
        given = files.pdf(text) if is_pdf else files.word(text)
        got = take_in(store, BytesIO(given), name, MIB)
        findings = [finding.to_json() for finding in got.findings]
        return (key, text.language), FileOf(text.language, got.sha256, got.size, got.kind, got.offered_name, findings)

    pool = ThreadPoolExecutor(2)
    try:
        return dict(pool.map(take, wanted))
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(slots=True)
class Teller:
    """Tells the story, step by step, each at its time."""

    session: WriteSession
    stores: Stores
    issuer: str
    papers: Papers
    files: Mapping[tuple[str, str], FileOf]
    """By paper and language."""
