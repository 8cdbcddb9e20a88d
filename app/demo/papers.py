"""Contributions and outputs of the demo's story: read from `papers.json`, and ingested with the usual inspection."""

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
LARGEST = 1024 * 1024  # bytes

Files = Mapping[tuple[str, str], FileOf]
"""Ingested files by key of the paper and language."""


class Told(BaseModel):
    """Base of the parts of `papers.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fate(StrEnum):
    """The last step that a contribution reaches in the story."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    REGISTERED = "registered"


class Written(Told):
    """A text in one language: a title, and headings with a paragraph each."""

    title: str
    sections: Sequence[tuple[str, str]]


class Paper(Told):
    """A paper with a text in one or several languages."""

    key: str
    original: str
    texts: Mapping[str, Written]
    pdf: bool = False


class Contribution(Paper):
    """A contribution: its author, its age in days, its agenda item; `because` is the reason if it was returned."""

    by: str
    days: int
    item: int
    purpose: Purpose
    abstract: str
    fate: Fate
    because: str = ""


class Gone(Told):
    """The later withdrawal of an output: its reason, and the key of the output that replaces it."""

    because: str
    replaced_by: str


class Result(Paper):
    """An output of the closed meeting. `titles` has the titles in languages without a text. It is also released to the
    public if `for_public`; a report to the parent group is forwarded to its meeting."""

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
    """The whole content of `papers.json`."""

    place: Titles
    agenda: Sequence[Titles]
    past: Sequence[Contribution]
    outputs: Sequence[Result]
    present: Sequence[Contribution]
    wsis: Gathering

    @classmethod
    def read(cls) -> Self:
        """Load the file in the folder of this module."""
        return cls.model_validate_json(PLACE.read_bytes())

    def all(self) -> Iterator[Paper]:
        """Yield all papers."""
        yield from (*self.past, *self.outputs, *self.present, *self.wsis.papers)


def hand_in(papers: Papers, store: Store) -> Files:
    """Ingest the files of all papers, two at a time, since each is inspected in a process of its own."""
    pending = [(paper, language) for paper in papers.all() for language in paper.texts]
    pool = ThreadPoolExecutor(2)
    try:
        files_in_order = pool.map(lambda one: _ingest(store, *one), pending)
        return {(paper.key, language): file for (paper, language), file in zip(pending, files_in_order, strict=True)}
    finally:
        pool.shutdown(cancel_futures=True)


def _ingest(store: Store, paper: Paper, language: str) -> FileOf:
    source = paper.texts[language]
    text = files.Text(language, source.title, source.sections)
    content, extension = (files.pdf(text), "pdf") if paper.pdf else (files.word(text), "docx")
    ingested = take_in(store, BytesIO(content), f"{paper.key}-{language}.{extension}", LARGEST)
    findings = [finding.to_json() for finding in ingested.findings]
    return FileOf(language, ingested.sha256, ingested.size, ingested.kind, ingested.offered_name, findings)
