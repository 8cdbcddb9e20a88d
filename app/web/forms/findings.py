"""Findings of the file inspection as sentences for a form."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding, FindingCode, FindingLevel
from app.domain.contributions.rules.file_questions import name_subject
from app.http.labels import FINDING_LEVEL_LABELS

AS_IT_IS = _("Answer at submission: register the file as it is.")
NO_ANSWER = _("There was no answer at submission.")
ANSWERS: Mapping[str, LazyText] = MappingProxyType(
    {
        FindingCode.TITLE: _("Answer at submission: keep the title on the cover."),
        FindingCode.LANGUAGE: _("Answer at submission: the language is correct."),
    }
)
PARTS_WITHOUT_NAME = (".xml", ".rels")
"""Endings of the parts of a DOCX file that mean something to programs only."""

FindingLine = tuple[str, LazyText, LazyText]
"""Style of the tag, its label, and the sentence."""


def describe_findings(findings: Iterable[Finding]) -> list[FindingLine]:
    """Format findings: what it is, where, and what its author can do about it."""
    return [(*FINDING_LEVEL_LABELS[finding.level], format_sentence(finding)) for finding in findings]


def describe_answered_findings(findings: Iterable[Finding], answers: Collection[str]) -> list[FindingLine]:
    """Format the findings of a file that was submitted, each that was to be decided with the answer to it."""
    return [_describe_answered(finding, answers) for finding in findings]


def _describe_answered(finding: Finding, answers: Collection[str]) -> FindingLine:
    """Format a finding of a file that was submitted."""
    subject, sentence = name_subject(finding), format_sentence(finding)
    if subject in answers:
        answer = ANSWERS.get(subject, AS_IT_IS)
    elif finding.level is FindingLevel.DECIDE:
        answer = NO_ANSWER
    else:
        return (*FINDING_LEVEL_LABELS[finding.level], sentence)
    with_answer = _("%(sentence)s %(answer)s", sentence=sentence, answer=answer)
    return (*FINDING_LEVEL_LABELS[FindingLevel.DECIDE], with_answer)


def format_sentence(finding: Finding) -> LazyText:
    """Return the sentence of one finding; not with an XML part of the file, which its author never sees."""
    if finding.where and not finding.where.endswith(PARTS_WITHOUT_NAME):
        return _("%(what)s (%(where)s) %(remedy)s", what=finding.what, where=finding.where, remedy=finding.remedy)
    return _("%(what)s %(remedy)s", what=finding.what, remedy=finding.remedy)
