"""The texts of an output by language: adopted files and translations, their digests, titles and order. Pure."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.core.canonical_json import to_canonical_json
from app.core.db import LocalizedText
from app.core.i18n import LANGUAGES
from app.core.inspection.findings import PDF
from app.domain.addressees.models import OutputAddressee
from app.domain.addressees.rules import build_addressee_facts
from app.domain.files.models import RenditionColumns, RenditionState
from app.domain.outputs.models import (
    Output,
    OutputFile,
    OutputStatus,
    OutputTranslation,
    ReleaseAddressee,
    ReleasePlan,
)

OutputText = OutputFile | OutputTranslation
"""The text in one language: an adopted file, or a translation of the adopted text."""


def digest_of_text(
    output: Output,
    files: Iterable[OutputFile],
    *,
    documents: Iterable[UUID],
    decisions: Iterable[UUID],
    addressees: Sequence[OutputAddressee] = (),
) -> str:
    """Compute the digest of all that is adopted: SHA-256 over kind, titles, sources, addressees and the digests of all
    files.

    The values are written as JSON. Decisions, addressees, citations and digests of PDF and `for_public` are left out if
    empty, so that outputs adopted before these fields existed keep their digest. `addressees` are the rows of its
    addressees.
    """
    files = list(files)
    values: dict[str, object] = {
        "files": {text.language: text.sha256 for text in files},
        "kind": output.kind,
        "original": output.original,
        "sources": sorted(map(str, documents)),
        "titles": output.titles,
    }
    reply_by = output.reply_by.isoformat() if output.reply_by else ""
    optional_values = {
        "action_lines": output.action_lines,
        "decisions": sorted(map(str, decisions)),
        "addressees": build_addressee_facts(addressees),
        "for_action": output.for_action,
        "for_addressees_only": output.for_addressees_only,
        "for_information": output.for_information,
        "for_public": output.for_public,
        "mandates": output.mandates,
        "pdf": {text.language: text.pdf for text in files if text.pdf},
        "reply_by": reply_by,
    }
    values |= {name: value for name, value in optional_values.items() if value}
    serialized = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(serialized.encode()).hexdigest()


def compute_translation_digest(translation: OutputTranslation) -> str:
    """Compute the SHA-256 over a translation: language, title, file, its PDF if it has one, and the digest of the
    adopted text."""
    values = {
        "file": translation.sha256,
        "language": translation.language,
        "of": translation.text,
        "title": translation.title,
    } | ({"pdf": translation.pdf} if translation.pdf else {})
    return hashlib.sha256(to_canonical_json(values)).hexdigest()


def compute_digest_of_translations(translations: Iterable[OutputTranslation]) -> str:
    """Compute one digest over several translations."""
    return hashlib.sha256(to_canonical_json({each.language: each.digest for each in translations})).hexdigest()


class FileWithPdf(Protocol):
    """The file of a text, and its PDF if it has one."""

    @property
    def sha256(self) -> str: ...
    @property
    def pdf(self) -> str | None: ...


def list_digests(texts: Iterable[FileWithPdf]) -> list[str]:
    """List the digests of the files of these texts and of their PDF: all that the virus scanner has to find clean."""
    return [sha256 for text in texts for sha256 in (text.sha256, text.pdf) if sha256]


def may_get_pdf(text: OutputText, output: Output) -> bool:
    """Whether the PDF of a text may still become part of it: the text is none itself, has none, and was neither adopted
    nor approved. A draft under silence may not get one either, which is not known here."""
    if text.media == PDF or text.pdf:
        return False
    if isinstance(text, OutputTranslation):
        return text.approved is None and text.released_at is None
    return output.status == OutputStatus.DRAFT


def is_pdf_being_made(text: OutputText, output: Output, rendition: RenditionColumns | None) -> bool:
    """Whether a text that may still get its PDF will: its file waits to be rendered, or its PDF was made just now."""
    is_to_be_made = rendition is None or rendition.state == RenditionState.WAITING or rendition.pdf is not None
    return is_to_be_made and may_get_pdf(text, output)


def is_unaltered_translation(translation: OutputTranslation, output: Output) -> bool:
    """Whether the translation is of the adopted text and its stored digest is right."""
    return translation.text == output.text_digest and translation.digest == compute_translation_digest(translation)


def is_releasable_translation(translation: OutputTranslation, output: Output) -> bool:
    """Whether a second person approved the translation as it is now, and it is of the adopted text."""
    return translation.is_approved and is_unaltered_translation(translation, output)


def merge_titles(output: Output, translated: Iterable[OutputText]) -> LocalizedText:
    """Return the adopted titles, and the titles of these translations in other languages."""
    translated_titles = {
        text.language: text.title for text in translated if isinstance(text, OutputTranslation) and text.title
    }
    return {**translated_titles, **output.titles}


def order_texts(files: Iterable[OutputFile], translations: Iterable[OutputTranslation]) -> list[OutputText]:
    """Return the adopted files and these translations, by language."""
    texts: list[OutputText] = [*files, *translations]
    return sorted(texts, key=lambda text: text.language)


@dataclass(frozen=True, slots=True)
class OutputTexts:
    """Some texts of an output by language, with their titles, and the languages in which it was not adopted."""

    texts: Sequence[OutputText]
    titles: LocalizedText
    translated_languages: list[str]

    @property
    def digests(self) -> list[str]:
        """The digests of the files and of their PDF."""
        return list_digests(self.texts)


def collect_texts(
    output: Output, files: Iterable[OutputFile], translations: Iterable[OutputTranslation]
) -> OutputTexts:
    """Collect these adopted files and translations of an output."""
    texts = order_texts(files, translations)
    translated = [text.language for text in texts if isinstance(text, OutputTranslation)]
    return OutputTexts(texts, merge_titles(output, texts), sort_languages(translated))


def sort_languages(languages: Iterable[str]) -> list[str]:
    """Sort languages in the order in which the United Nations name them (`LANGUAGES`)."""
    chosen = set(languages)
    return [language for language in LANGUAGES if language in chosen]


def addressees_of_plan(plan: ReleasePlan | None, output: Output) -> list[str]:
    """List to whom an output is released: the membership, unless it is for its addressees alone, and those named by the
    plan."""
    chosen = {*list_readers_of_text(output), *(plan.addressees if plan else ())}
    return [each for each in ReleaseAddressee if each in chosen]


def list_readers_of_text(output: Output) -> list[ReleaseAddressee]:
    """List who reads a released output whatever its plan names: the membership, unless it was adopted for its
    addressees alone."""
    return [] if output.for_addressees_only else [ReleaseAddressee.MEMBERSHIP]


def is_sole_decision(plan: ReleasePlan | None, output: Output) -> bool:
    """Whether one person released exactly the adopted text alone by this plan."""
    return plan is not None and plan.alone_text is not None and plan.alone_text == output.text_digest
