"""Files that were received as translations as their page shows them: what each is, and where it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection.findings import FindingLevel
from app.core.inspection.report_schema import parse_finding
from app.core.permissions import Actor
from app.domain.translations.inputs import TranslationKey
from app.domain.translations.models import ReceivedTranslation, TextKind
from app.domain.translations.queries import received
from app.domain.translations.rules.file_names import parse_file_name
from app.domain.uploads.models import Upload
from app.http.localization import Localizer
from app.web.forms.findings import FindingLine, describe_findings

MAX_CHOICES = 200
NOWHERE = _("Do not add")
Symbols = dict[TranslationKey, str]


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """A file: what was found about where it goes (style and words), the choices, and the title of an XLIFF file.

    `findings` are those that a person has to decide about, `error` is why it could not be added.
    """

    name: str
    size: int
    verdict: tuple[str, LazyText]
    choices: Sequence[tuple[str, LazyText | str]]
    chosen: str
    title: str | None
    language: str | None
    findings: Sequence[FindingLine]
    error: LazyText | None


def build_received_lines(
    session: ReadSession,
    actor: Actor,
    formats: Localizer,
    chosen: Mapping[UUID, TranslationKey | None],
    errors: Mapping[UUID, LazyText],
) -> list[ReceivedLine]:
    """Build the lines of all files that wait; three statements, however many files there are."""
    rows = received.list_received(session, actor)
    symbols = dict(received.list_symbols_due(session, actor)) if rows else {}
    names = {" ".join(parse_file_name(upload.name).symbol) for upload, _row in rows}
    present = {
        (symbol_words(symbol), key.language): symbol
        for key, symbol in received.list_symbols_present(session, actor, sorted(names))
    }
    return [_build_line(upload, row, formats, symbols, present, chosen, errors.get(upload.id)) for upload, row in rows]


def symbol_words(symbol: str) -> tuple[str, ...]:
    """Return the words and numbers of a symbol."""
    return parse_file_name(f"{symbol}.").symbol


def _build_line(
    upload: Upload,
    row: ReceivedTranslation,
    formats: Localizer,
    symbols: Symbols,
    present: Mapping[tuple[tuple[str, ...], str], str],
    chosen: Mapping[UUID, TranslationKey | None],
    error: LazyText | None,
) -> ReceivedLine:
    """Build the line of one file. Without a choice of the person, it goes where its name says, if nothing speaks
    against that."""
    key = get_matched_key(row)
    verdict = _judge(upload, row, formats, symbols, present)
    proposed = key if verdict[0] == "good" else None
    target = chosen.get(upload.id, proposed)
    return ReceivedLine(
        name=upload.name,
        size=upload.size,
        verdict=verdict,
        choices=_list_choices(upload, row, formats, symbols, target),
        chosen=f"{upload.id.hex}={target or ''}",
        title=row.title,
        language=row.found_language,
        findings=_list_findings(row),
        error=error,
    )


def _list_findings(row: ReceivedTranslation) -> list[FindingLine]:
    """List what the inspection found in the file that a person has to decide about."""
    findings = [parse_finding(stored) for stored in row.findings]
    return describe_findings(finding for finding in findings if finding.level is FindingLevel.DECIDE)


def get_matched_key(row: ReceivedTranslation) -> TranslationKey | None:
    """Return the translation that the name of the file means."""
    if row.language and row.edition_id:
        return TranslationKey(TextKind.EDITION, row.edition_id, row.language)
    return TranslationKey(TextKind.OUTPUT, row.output_id, row.language) if row.language and row.output_id else None


def _judge(
    upload: Upload,
    row: ReceivedTranslation,
    formats: Localizer,
    symbols: Symbols,
    present: Mapping[tuple[tuple[str, ...], str], str],
) -> tuple[str, LazyText]:
    """Return what is to be said about where a file goes: `good` if nothing speaks against its name."""
    key, parts = get_matched_key(row), parse_file_name(upload.name)
    if key is None and parts.language and (symbol := present.get((parts.symbol, parts.language))):
        language = formats.language_name(parts.language)
        return "warn", _("%(symbol)s already has a text in %(language)s.", symbol=symbol, language=language)
    if key is None:
        return "warn", _("No translation that is due has this symbol and language.")
    if key not in symbols:
        return "warn", _("This translation is no longer due.")
    if row.found_language and row.found_language != key.language:
        found, named = formats.language_name(row.found_language), formats.language_name(key.language)
        return "bad", _("The text is in %(found)s, the file name says %(named)s.", found=found, named=named)
    if row.is_xliff and not row.title:
        return "warn", _("The file contains no translated title.")
    return "good", _("Matched")


def _list_choices(
    upload: Upload, row: ReceivedTranslation, formats: Localizer, symbols: Symbols, target: TranslationKey | None
) -> list[tuple[str, LazyText | str]]:
    """List where the file may go: where it goes now, nowhere, or to what is due in the language that was found."""
    language = row.found_language or parse_file_name(upload.name).language
    offered = [key for key in symbols if language in (None, key.language)][:MAX_CHOICES]
    if matched := get_matched_key(row):
        offered = [matched] if matched in symbols else offered
    keys = list(dict.fromkeys([*([target] if target in symbols else []), *offered]))
    named = [(f"{upload.id.hex}={key}", f"{symbols[key]} – {formats.language_name(key.language)}") for key in keys]
    return [(f"{upload.id.hex}=", NOWHERE), *named]
