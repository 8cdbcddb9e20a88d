"""Texts that exist in several languages, as one reader sees them: titles, and the texts of pending actions."""

from collections.abc import Mapping
from dataclasses import replace

from app.core.db import LocalizedText
from app.core.i18n import DEFAULT_LANGUAGE, LazyText
from app.core.pending_actions import PendingAction
from app.domain.member_states import EntityName
from app.http.labels import ROLE_LABELS
from app.http.localization import Localizer


def localize_title(titles: LocalizedText, language: str, original: str = DEFAULT_LANGUAGE) -> tuple[str, str | None]:
    """Choose the text in the reader's language, else the original one, else any.

    Returns it with its language, or None if that is the reader's.
    """
    if text := titles.get(language):  # mostly
        return text, None
    chosen = next(
        (code for code in (language, original, DEFAULT_LANGUAGE) if code in titles), next(iter(titles), language)
    )
    return titles.get(chosen, ""), None if chosen == language else chosen


def format_heading(action: PendingAction, formats: Localizer) -> LazyText:
    """Return the heading of an action with its values."""
    return replace(action.kind.heading, values=name_values(action.values, formats))


def format_request(action: PendingAction, formats: Localizer) -> LazyText:
    """Return what an action asks for, with its values."""
    return action.words or replace(action.kind.words, values=name_values(action.values, formats))


def localize_subject(action: PendingAction, formats: Localizer) -> tuple[str, str | None]:
    """Return the title of the subject of an action, and its language unless that is the reader's or no language."""
    if isinstance(action.title, LazyText):
        return formats.translate_text(action.title), None
    title, language = localize_title(action.title, formats.language, action.original)
    return title, language or None


def name_values(values: Mapping[str, object], formats: Localizer) -> dict[str, object]:
    """Name the codes among the values of an action, and format the numbers."""
    return {name: _name_value(name, value, formats) for name, value in values.items()}


def _name_value(name: str, value: object, formats: Localizer) -> object:
    if name == "entity":
        return EntityName(str(value))
    if name == "office":
        return ROLE_LABELS[str(value)]
    return formats.format_number(value) if isinstance(value, int) else value
