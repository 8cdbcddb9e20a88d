"""Findings of the file inspection as sentences for a form."""

from collections.abc import Iterable

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding
from app.http.labels import FINDING_LEVEL_LABELS

FindingLine = tuple[str, LazyText, LazyText]
"""Style of the tag, its label, and the sentence."""


def describe_findings(findings: Iterable[Finding]) -> list[FindingLine]:
    """Format findings: what it is, where, and what its author can do about it."""
    return [(*FINDING_LEVEL_LABELS[finding.level], format_sentence(finding)) for finding in findings]


def format_sentence(finding: Finding) -> LazyText:
    """Return the sentence of one finding."""
    if finding.where:
        return _("%(what)s (%(where)s) %(remedy)s", what=finding.what, where=finding.where, remedy=finding.remedy)
    return _("%(what)s %(remedy)s", what=finding.what, remedy=finding.remedy)
