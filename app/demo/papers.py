"""Contributions and outputs of the demo's story: read from `papers.json`, and ingested with the usual inspection."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from app.core.db import LocalizedText
from app.core.files.ingest import ingest_file
from app.core.storage import Store
from app.demo import files
from app.domain.contributions.models import ContributionPurpose
from app.domain.documents.inputs import LanguageFile
from app.domain.outputs.models import OutputKind, ReleaseAddressee

PAPERS_FILE = Path(__file__).with_suffix(".json")
MAX_FILE_BYTES = 1024 * 1024  # bytes

PaperFiles = Mapping[tuple[str, str], LanguageFile]
"""Ingested files by key of the paper and language."""


class PapersFilePartBase(BaseModel):
    """Base of the parts of `papers.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ContributionOutcome(StrEnum):
    """The last step that a contribution reaches in the story."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    REGISTERED = "registered"


class WrittenText(PapersFilePartBase):
    """A text in one language: a title, and headings with a paragraph each."""

    title: str
    sections: Sequence[tuple[str, str]]


class DemoPaper(PapersFilePartBase):
    """A paper with a text in one or several languages, and the codes of the mandates and action lines that it cites."""

    key: str
    original: str
    texts: Mapping[str, WrittenText]
    pdf: bool = False
    mandates: Sequence[str] = ()
    action_lines: Sequence[str] = ()


class DemoContribution(DemoPaper):
    """A contribution: its author, its age in days, its agenda item; `because` is the reason if it was returned.

    `topics` are codes of topics, `asks` the States that its author invites to co-sponsor.
    """

    by: str
    days: int
    item: int
    purpose: ContributionPurpose
    abstract: str
    fate: ContributionOutcome
    because: str = ""
    topics: Sequence[str] = ()
    asks: Sequence[str] = ()


class DemoWithdrawal(PapersFilePartBase):
    """The later withdrawal of an output: its reason, and the key of the output that replaces it."""

    because: str
    replaced_by: str


class DemoOutput(DemoPaper):
    """An output of the closed meeting. `titles` has the titles in languages without a text. It is also released to the
    public if `for_public`, and to these `addressees`; a report to the parent group is forwarded to its meeting.

    `sources` and `decisions` are the keys of what it is made from.
    """

    kind: OutputKind
    sources: Sequence[str]
    decisions: Sequence[str] = ()
    titles: LocalizedText = {}
    for_public: bool = False
    addressees: Sequence[ReleaseAddressee] = ()
    gone: DemoWithdrawal | None = None


class DemoActionPoint(PapersFilePartBase):
    """What somebody has to do, so many days after the decision; `owner` is the code of a State, or free text."""

    text: str
    owner: str
    days: int


class DemoDecision(PapersFilePartBase):
    """A decision of the closed meeting under an agenda item, in English, and the keys of the documents it names."""

    key: str
    item: int
    text: str
    documents: Sequence[str] = ()
    actions: Sequence[DemoActionPoint] = ()


class DemoComment(PapersFilePartBase):
    """A comment on the whole of the circulated draft, in English."""

    by: str
    text: str


class PapersUnderWay(PapersFilePartBase):
    """What is under way: a circulated draft with comments, a text before the States, a draft of which another State is
    asked to be a co-sponsor, and a late contribution to the meeting of the parent group."""

    circulated: DemoOutput
    note: str
    comments: Sequence[DemoComment]
    silence: DemoOutput
    opening_reason: str
    asked: DemoContribution
    late: DemoContribution


class ParentMeeting(PapersFilePartBase):
    """A meeting of the parent group."""

    agenda: Sequence[LocalizedText]
    papers: Sequence[DemoContribution]


class DemoTaskForcePaper(DemoPaper):
    """A document of the secretariat of the WSIS Task Force: its series and its agenda item."""

    series: str
    item: int
    purpose: ContributionPurpose
    abstract: str


class DemoTaskForce(PapersFilePartBase):
    """The WSIS Task Force, with the agenda and the documents of its first meeting."""

    prefix: str
    names: LocalizedText
    legal_basis: str
    agenda: Sequence[LocalizedText]
    papers: Sequence[DemoTaskForcePaper]


class DemoPapers(PapersFilePartBase):
    """The whole content of `papers.json`."""

    place: LocalizedText
    agenda: Sequence[LocalizedText]
    past: Sequence[DemoContribution]
    outputs: Sequence[DemoOutput]
    decisions: Sequence[DemoDecision]
    present: Sequence[DemoContribution]
    wsis: ParentMeeting
    task_force: DemoTaskForce
    under_way: PapersUnderWay

    @classmethod
    def load(cls) -> Self:
        """Load the file in the folder of this module."""
        return cls.model_validate_json(PAPERS_FILE.read_bytes())

    def list_papers(self) -> Iterator[DemoPaper]:
        """Yield all papers."""
        yield from (*self.past, *self.outputs, *self.present, *self.wsis.papers, *self.task_force.papers)
        yield from (self.under_way.circulated, self.under_way.silence, self.under_way.asked, self.under_way.late)


def ingest_papers(papers: DemoPapers, store: Store) -> PaperFiles:
    """Ingest the files of all papers, two at a time, since each is inspected in a process of its own."""
    pending = [(paper, language) for paper in papers.list_papers() for language in paper.texts]
    pool = ThreadPoolExecutor(2)
    try:
        files_in_order = pool.map(lambda one: _ingest(store, *one), pending)
        return {(paper.key, language): file for (paper, language), file in zip(pending, files_in_order, strict=True)}
    finally:
        pool.shutdown(cancel_futures=True)


def _ingest(store: Store, paper: DemoPaper, language: str) -> LanguageFile:
    source = paper.texts[language]
    text = files.DemoText(language, source.title, source.sections)
    content, extension = (files.render_pdf(text), "pdf") if paper.pdf else (files.render_docx(text), "docx")
    ingested = ingest_file(store, BytesIO(content), f"{paper.key}-{language}.{extension}", MAX_FILE_BYTES)
    findings = [finding.to_json() for finding in ingested.findings]
    return LanguageFile(language, ingested.sha256, ingested.size, ingested.kind, ingested.offered_name, findings)
