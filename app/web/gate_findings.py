"""Findings of the file inspection as sentences for a form."""

from collections.abc import Iterable

from app.asgi.words import LEVELS
from app.core.gate import Finding
from app.core.i18n import Text, say

Found = tuple[str, Text, Text]
"""Style of the tag, its label, and the sentence."""


def found(findings: Iterable[Finding]) -> list[Found]:
    """Format findings: what it is, where, and what its author can do about it."""
    return [(*LEVELS[finding.level], _format_sentence(finding)) for finding in findings]


def _format_sentence(finding: Finding) -> Text:
    """Return the sentence of one finding."""
    if finding.where:
        return say("%(what)s (%(where)s) %(remedy)s", what=finding.what, where=finding.where, remedy=finding.remedy)
    return say("%(what)s %(remedy)s", what=finding.what, remedy=finding.remedy)
