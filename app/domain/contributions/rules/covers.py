"""What the cover of a draft gets from its file: the title and the language that were read in it, or its name."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.core.files.ingest import IngestedFile, is_title_of_properties
from app.core.i18n import LANGUAGES
from app.core.inspection import report_schema, to_display_text
from app.core.inspection.display_names import JOINERS
from app.domain.contributions.models import ContributionFile


def fill_cover_from_file(
    typed: Mapping[str, object], file: IngestedFile, choices: Mapping[str, str], *, language: str
) -> dict[str, object]:
    """Return the fields of a cover as they were typed, the empty ones filled with what was read in the file.

    Where no title could be read, or nothing yet, it is the name of the file; where no language, it is `language`.
    `choices` are the values of fields with choices, such as the purpose, that the words of the file mean. Abstract,
    action, contact and proposals are filled where the file has them, such as one made from a Word template.
    """
    reading = file.reading
    read: dict[str, object] = {
        **choices,
        "title": clean_title(file.title or "") or name_after_file(file.offered_name),
        "original": find_official_language(file.language or "") or language,
        "abstract": reading.abstract,
        "action": reading.action,
        "contact": reading.contact,
        "proposals": [
            {"kind": proposal.kind or "", "title": proposal.title, "concerns": proposal.concerns or ""}
            for proposal in reading.proposals
        ],
    }
    return {**typed, **{name: value for name, value in read.items() if value and not is_typed(typed.get(name))}}


def is_typed(value: object) -> bool:
    """Return whether something was typed into a field, or into one of its lines."""
    if isinstance(value, list | tuple):
        return any(map(is_typed, value))
    if isinstance(value, Mapping):
        return any(map(is_typed, value.values()))
    return bool(str(value or "").strip())


def find_official_language(tag: str) -> str | None:
    """Return the official language of a language tag, such as `en-US`; None of another one."""
    code = tag.lower().partition("-")[0]
    return code if code in LANGUAGES else None


def clean_title(text: str) -> str:
    """Return a title that was read as one line for the cover; empty if nothing of it can be seen."""
    title = to_display_text(text)
    return title if title.strip(JOINERS + " ") else ""


def name_after_file(name: str) -> str:
    """Return the title of a draft whose file does not say one: the name of the file without its ending."""
    return name.rpartition(".")[0] or name


def is_named_after_file(title: str, files: Iterable[ContributionFile]) -> bool:
    """Return whether a title is the name of one of the files, and was not read in it."""
    return any(title == name_after_file(file.name) and title not in _list_values(file) for file in files)


def is_from_properties(title: str, files: Iterable[ContributionFile]) -> bool:
    """Return whether a title was found in the properties of one of the files alone."""
    findings = (report_schema.parse_finding(each) for file in files for each in file.findings)
    return any(is_title_of_properties(each) and each.what.values.get("title") == title for each in findings)


def _list_values(file: ContributionFile) -> list[object]:
    """List what the findings of a file say was read in it."""
    whats: list[Any] = [finding["what"] for finding in file.findings]
    return [value for what in whats for value in what["values"].values()]
