"""What is asked about a file before its contribution is submitted, and the one answer that is recorded: that the file
is registered as it is. Other answers change the draft, so that there is nothing to ask any more."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding, FindingCode, FindingLevel, report_schema
from app.domain.contributions.models import Contribution, ContributionFile

OTHER = "other"
"""What findings are about that were stored without a code."""
ANSWERS_MISSING = _("Some questions about the files have not been answered. Answer each of them, then submit.")
WORD_PATTERN = re.compile(r"\w+")
CUT = "…"


@dataclass(frozen=True, slots=True)
class FileQuestion:
    """One question about a file: all its findings that are about the same thing (`code`)."""

    file: ContributionFile
    code: str
    findings: Sequence[Finding]

    @property
    def key(self) -> str:
        """The name of the question in a form, such as `en.tracked-changes`."""
        return f"{self.file.language}.{self.code}"

    @property
    def is_answered(self) -> bool:
        """Whether the file was submitted before with the answer to this question. One on the title is asked each time:
        it is about the cover too, which may have changed."""
        return self.code in (self.file.answers or ()) and self.code != FindingCode.TITLE


class AnswersMissing(BadRequest):
    """Raised for a submission without an answer to each of these `questions`."""

    def __init__(self, questions: Sequence[FileQuestion]) -> None:
        super().__init__(ANSWERS_MISSING)
        self.questions = questions


def list_questions(contribution: Contribution, files: Iterable[ContributionFile]) -> list[FileQuestion]:
    """List what is asked about the files of a contribution, in the order of the files and of their findings."""
    return [
        FileQuestion(file, code, findings)
        for file in files
        for code, findings in _group_findings_to_decide(contribution, file).items()
    ]


def _group_findings_to_decide(contribution: Contribution, file: ContributionFile) -> Mapping[str, list[Finding]]:
    """Return the findings of a file that a person decides about, by what they are about."""
    groups: dict[str, list[Finding]] = {}
    for finding in map(report_schema.parse_finding, file.findings):
        if finding.level is FindingLevel.DECIDE or is_other_title(contribution, file, finding):
            groups.setdefault(name_subject(finding), []).append(finding)
    return groups


def name_subject(finding: Finding) -> str:
    """Return what a finding is about, as answers name it."""
    return str(finding.code or OTHER)


def is_other_title(contribution: Contribution, file: ContributionFile, finding: Finding) -> bool:
    """Return whether a finding is the title read in the original text, and the cover has another one."""
    if finding.code is not FindingCode.TITLE or file.language != contribution.original:
        return False
    read, on_cover = (_reduce_to_words(title) for title in (_read_title(finding), contribution.title))
    if _read_title(finding).endswith(CUT):  # of a long title, the inspection read the beginning
        read, on_cover = read[:-1], on_cover[: len(read) - 1]
    return read != on_cover


def find_title(file: ContributionFile) -> str | None:
    """Find the title that was read in a file."""
    findings = map(report_schema.parse_finding, file.findings)
    return next((_read_title(finding) for finding in findings if finding.code is FindingCode.TITLE), None)


def _read_title(finding: Finding) -> str:
    """Return the title that a finding of the code `title` names."""
    return str(finding.what.values.get("title", ""))


def _reduce_to_words(title: str) -> list[str]:
    """Reduce a title to its words, without the differences that are none: capitals, spaces, punctuation, width."""
    return WORD_PATTERN.findall(unicodedata.normalize("NFKC", title).casefold())


def save_answers(questions: Sequence[FileQuestion], files: Iterable[ContributionFile], answers: Collection[str]) -> str:
    """Save the answers, named by the keys of their questions, with the files; return them for the record.

    Raises AnswersMissing unless each question is answered. Answers to what was not asked are left out.
    """
    if missing := [question for question in questions if question.key not in answers]:
        raise AnswersMissing(missing)
    for file in files:
        file.answers = [question.code for question in questions if question.file is file] or None
    return " ".join(question.key for question in questions)
