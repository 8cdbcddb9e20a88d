"""What a clean copy leaves out, by kind and number; and which findings of the inspection are about that."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from app.core.inspection.findings import Finding


class RemovalKind(StrEnum):
    """What is left out. The values are stored."""

    COMMENTS = "comments"
    CHANGES = "changes"
    HIDDEN_TEXT = "hidden-text"
    PEOPLE = "people"
    PROPERTIES = "properties"
    TEMPLATE = "template"
    PICTURES = "pictures"
    THUMBNAIL = "thumbnail"


class CleaningObstacle(StrEnum):
    """Why no clean copy is made of a file."""

    SIGNED = "signed"
    """A digital signature would be broken."""
    RESTRICTED = "restricted"
    """Its author asks readers not to change it."""


Removals = Counter[RemovalKind]
"""How many pieces of each kind are left out."""

# Findings are stored with their messages: those of before 29 November 2026 are kept here too. Tests compare the list
# with what the inspection says.
REMOVABLE_FINDINGS: Final = frozenset(
    {
        "The document contains hidden text.",
        "The document contains %(count)s tracked changes.",
        "Comments or tracked changes name somebody: %(who)s.",
        "Comments or tracked changes contain the name of a person: %(who)s.",
        "The document contains comments.",
        "The document contains comments or marks made by a reader.",
        "The file has a property %(name)s: %(value)s.",
        "The file's properties name somebody: %(who)s.",
        "The file’s properties contain the name of a person: %(who)s.",
        "The document names the template it was made from: %(target)s",
        "The document names the template it was created from: %(target)s",
        "A picture says where it was taken.",
        "A picture contains information on where it was taken.",
    }
)
OBSTACLE_FINDINGS: Final = {
    "The document carries a digital signature.": CleaningObstacle.SIGNED,
    "The document opens for everybody, but asks readers not to copy, print or change it.": CleaningObstacle.RESTRICTED,
    "Anyone can open the document, but it asks readers not to copy, print or change it.": CleaningObstacle.RESTRICTED,
}


def can_be_removed(finding: Finding) -> bool:
    """Return whether a finding is about something that a clean copy leaves out."""
    return finding.what.message in REMOVABLE_FINDINGS


def find_obstacle(findings: Iterable[Finding]) -> CleaningObstacle | None:
    """Find what keeps the portal from making a clean copy, among the findings of a file."""
    return next(
        (OBSTACLE_FINDINGS[each.what.message] for each in findings if each.what.message in OBSTACLE_FINDINGS), None
    )
