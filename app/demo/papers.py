"""What is handed in in the demo's story: `papers.json`, read, and taken in through the gate like anybody's files."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from app.core.db import Titles
from app.core.intake import take_in
from app.core.store import Store
from app.demo import files
from app.domain.contributions.models import Purpose
from app.domain.documents.inputs import FileOf
from app.domain.outputs.models import Kind

PLACE = Path(__file__).with_suffix(".json")
LARGEST = 1024 * 1024

Files = Mapping[tuple[str, str], FileOf]
"""By paper and language."""


class Told(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fate(StrEnum):
    """How far a contribution came."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    REGISTERED = "registered"


class Written(Told):
    """A text in one language: a title, and headings each with a paragraph."""

    title: str
    sections: Sequence[tuple[str, str]]


class Paper(Told):
    """Something with a text in one language or several."""

    key: str
    original: str
    texts: Mapping[str, Written]
    pdf: bool = False


class Contribution(Paper):
    """By whom, how many days ago, to which item; `because` is why it was returned."""

    by: str
    days: int
    item: int
    purpose: Purpose
    abstract: str
    fate: Fate
    because: str = ""


class Gone(Told):
    """Why an output was withdrawn later, and which one takes its place."""

    because: str
    replaced_by: str


class Result(Paper):
    """An output of the closed meeting. `titles` has those in languages without a text. The public reads it too if it is
    `for_public`; a report to the parent group is forwarded to its meeting."""

    kind: Kind
    sources: Sequence[str]
    titles: Titles = {}
    for_public: bool = False
    gone: Gone | None = None


class Gathering(Told):
    """A meeting of the parent group."""

    agenda: Sequence[Titles]
    papers: Sequence[Contribution]


class Papers(Told):
    """The whole file."""

    place: Titles
    agenda: Sequence[Titles]
    past: Sequence[Contribution]
    outputs: Sequence[Result]
    present: Sequence[Contribution]
    wsis: Gathering

    @classmethod
    def read(cls) -> Self:
        """As it is kept beside this module."""
        return cls.model_validate_json(PLACE.read_bytes())

    def all(self) -> Iterator[Paper]:
        """Everything that has a text."""
        yield from (*self.past, *self.outputs, *self.present, *self.wsis.papers)


def hand_in(papers: Papers, store: Store) -> Files:
    """Take every file in. The gate is a process for each, so two are examined at a time."""
    wanted = [(paper, language) for paper in papers.all() for language in paper.texts]
    pool = ThreadPoolExecutor(2)
    try:
        taken = pool.map(lambda one: _take(store, *one), wanted)
        return {(paper.key, language): file for (paper, language), file in zip(wanted, taken, strict=True)}
    finally:
        pool.shutdown(cancel_futures=True)


def _take(store: Store, paper: Paper, language: str) -> FileOf:
    written = paper.texts[language]
    text = files.Text(language, written.title, written.sections)
    made, ending = (files.pdf(text), "pdf") if paper.pdf else (files.word(text), "docx")
    got = take_in(store, BytesIO(made), f"{paper.key}-{language}.{ending}", LARGEST)
    findings = [finding.to_json() for finding in got.findings]
    return FileOf(language, got.sha256, got.size, got.kind, got.offered_name, findings)
