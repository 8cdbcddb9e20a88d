"""Has texts compared by the service that opens files, so that a long comparison holds no process of the portal."""

import json
from collections.abc import Sequence

from app.core.errors import Unavailable
from app.core.file_service.client import TaskError, open_bytes, read_task
from app.core.file_service.fair_slots import PAGES
from app.core.i18n import lazy_gettext as _
from app.core.text_diff import DiffParagraph
from app.core.text_diff_task import TextPair, parse_differences

NOT_COMPARED = _("The texts could not be compared. Try again in a moment.")


def compare_text_pairs(pairs: Sequence[TextPair]) -> list[list[DiffParagraph]]:
    """Compare each pair of an old and a new text; return every paragraph of both, with what happened to it. Raises
    Unavailable."""
    if not pairs:
        return []
    try:
        with open_bytes(json.dumps([[list(old), list(new)] for old, new in pairs]).encode()) as source:
            return parse_differences(read_task("differences", source, party=PAGES))
    except (TaskError, ValueError):
        raise Unavailable(NOT_COMPARED) from None


def compare_two_texts(old: Sequence[str], new: Sequence[str]) -> list[DiffParagraph]:
    """Compare an old and a new text. Raises Unavailable."""
    return compare_text_pairs([(old, new)])[0]
