"""What pages say of clean copies: whether a file may have one, what it leaves out, and what stays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.cleaning.removals import (
    CleaningObstacle,
    RemovalKind,
    can_be_removed,
    find_obstacle,
)
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding, FindingLevel
from app.domain.contributions.models import ContributionFile, OriginalFile
from app.web.forms.findings import FindingLine, format_sentence

TAKEN_OUT = ("good", _("Removed"))
STAYS: Mapping[FindingLevel, tuple[str, LazyText]] = {
    FindingLevel.DECIDE: ("warn", _("Remains")),
    FindingLevel.NOTE: ("none", _("Remains")),
}
REMOVAL_MESSAGES: Mapping[RemovalKind, LazyText] = {
    RemovalKind.COMMENTS: _("Comments and marks of readers, with their names: %(count)s."),
    RemovalKind.CHANGES: _(
        "Tracked changes: %(count)s. All are accepted; deleted text and the names of its authors are removed."
    ),
    RemovalKind.HIDDEN_TEXT: _("Passages of hidden text: %(count)s. They are removed."),
    RemovalKind.PEOPLE: _("Names of people and organizations in the properties of the file: %(count)s."),
    RemovalKind.PROPERTIES: _("Properties that other programs added, such as labels: %(count)s."),
    RemovalKind.TEMPLATE: _("Templates on the author’s machine that the file names: %(count)s."),
    RemovalKind.PICTURES: _(
        "Pictures with metadata of cameras or programs, such as places and names: %(count)s. The pictures "
        "themselves are not changed."
    ),
    RemovalKind.THUMBNAIL: _("Small pictures of the first page, which may show an earlier text: %(count)s."),
}
OBSTACLE_LABELS: Mapping[CleaningObstacle, LazyText] = {
    CleaningObstacle.SIGNED: _(
        "No clean copy is made of this file: its digital signature would become invalid. Remove what should "
        "not be disclosed before the file is signed."
    ),
    CleaningObstacle.RESTRICTED: _(
        "No clean copy is made of this file: it asks readers not to change it. Export it without restrictions, "
        "and upload the new file."
    ),
}


@dataclass(frozen=True, slots=True)
class CleanCopyState:
    """What the page of a draft says of a file: that it may have a clean copy, why it has none, or that it is one, of
    which original and without what."""

    is_offered: bool = False
    obstacle: LazyText | None = None
    original: OriginalFile | None = None
    removed: Sequence[FindingLine] = ()


NO_CLEAN_COPY = CleanCopyState()


def build_clean_copy_state(
    file: ContributionFile, findings: Sequence[Finding], original: OriginalFile | None
) -> CleanCopyState:
    """Build what is said of a file to who may change the draft."""
    if original:
        return CleanCopyState(original=original, removed=describe_removals(original.removed))
    if not file.is_accepted or not any(map(can_be_removed, findings)):
        return NO_CLEAN_COPY
    obstacle = find_obstacle(findings)
    return CleanCopyState(obstacle is None, OBSTACLE_LABELS[obstacle] if obstacle else None)


def describe_removals(removed: Mapping[str, int]) -> list[FindingLine]:
    """Describe what a copy leaves out, with the number of pieces, as lines of the list of findings."""
    return [
        (*TAKEN_OUT, LazyText(message.message, {"count": removed[kind]}))
        for kind, message in REMOVAL_MESSAGES.items()
        if removed.get(kind)
    ]


def describe_remaining(findings: Iterable[Finding]) -> list[FindingLine]:
    """Describe what is still found in a clean copy and may concern its author."""
    return [(*STAYS[each.level], format_sentence(each)) for each in findings if each.level in STAYS]
