"""Message catalogues: collects the marked messages of code and templates into one `.po` file per language.

The files hold no line numbers and no dates, so that they change only with the messages. English is filled in; the other
five languages are left to translators.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES

PROJECT_ROOT = Path(__file__).parents[2]
MARKER_FUNCTIONS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "lazy_gettext": None,
    "gettext": None,
    "ngettext": (1, 2),
}
TEMPLATE_OPTIONS = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true", "encoding": "utf-8"}
PLACEHOLDER_PATTERN = re.compile(r"%(?:\((?P<name>\w+)\)s|(?P<stray>.?))", re.DOTALL)


def update_catalogues(check: bool, root: Path = PROJECT_ROOT) -> int:
    """Update the six catalogues and return 0; with `check`, write nothing, print each fault, and return 1 if there
    is any."""
    extracted = extract_messages(root)
    folder = root / "app" / "locale"
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        for language in LANGUAGES:
            path = folder / f"{language}.po"
            path.write_bytes(
                render_catalogue(merge_catalogue(extracted, _read_catalogue(path, language), language), language)
            )
        return 0
    faults = [
        line
        for language in LANGUAGES
        for line in find_catalogue_faults(extracted, _read_catalogue(folder / f"{language}.po", language))
    ]
    print("\n".join(faults) or "Every word is there in all six languages.")
    return 1 if faults else 0


def extract_messages(root: Path) -> Catalog:
    """Extract every message that is marked in `app/**/*.py` and `templates/**/*.html`."""
    catalogue = Catalog(fuzzy=False)
    for path in sorted((root / "app").rglob("*.py")):
        _add_iter_messages(catalogue, "python", path, {"encoding": "utf-8"})
    for path in sorted((root / "templates").rglob("*.html")):
        _add_iter_messages(catalogue, "jinja2.ext:babel_extract", path, TEMPLATE_OPTIONS)
    return catalogue


def merge_catalogue(extracted: Catalog, translated: Catalog, language: str) -> Catalog:
    """Combine the extracted messages with the known translations; nothing is guessed, and unused messages are
    dropped."""
    catalogue = Catalog(locale=language, fuzzy=False)
    for message in _iter_messages(extracted):
        previous = translated.get(message.id)
        fuzzy = {"fuzzy"} & set(previous.flags) if previous else set()
        catalogue.add(message.id, _translation(message, previous, catalogue.num_plurals, language), flags=fuzzy)
    return catalogue


def render_catalogue(catalogue: Catalog, language: str) -> bytes:
    """Render a catalogue as a `.po` file: a short header, then the messages in order."""
    buffer = BytesIO()
    write_po(buffer, catalogue, omit_header=True, no_location=True, sort_output=True, ignore_obsolete=True, width=0)
    header = (
        'msgid ""\n'
        'msgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {get_plural(language)}\\n"\n\n'
    )
    return header.encode() + buffer.getvalue().lstrip(b"\n").rstrip(b"\n") + b"\n"


def find_catalogue_faults(extracted: Catalog, translated: Catalog) -> Iterator[str]:
    """Yield one line for each thing that a translator or a programmer still has to do in one language."""
    for message in _iter_messages(extracted):
        entry = translated.get(message.id)
        for fault in _find_message_faults(message, entry, translated.num_plurals) if entry else ["missing"]:
            yield f"{translated.locale}: {fault}: {_format_message(message)}"
    used_keys = {_message_key(message) for message in _iter_messages(extracted)}
    for message in [*_iter_messages(translated), *translated.obsolete.values()]:
        if _message_key(message) not in used_keys or message.id in translated.obsolete:
            yield f"{translated.locale}: obsolete: {_format_message(message)}"


def _find_message_faults(message: Message, entry: Message, plurals: int) -> Iterator[str]:
    """Yield the faults of one translated message."""
    forms = _forms(entry.string)
    if entry.fuzzy:
        yield "fuzzy"
    if not any(forms):
        yield "empty"
        return
    if len(forms) != (plurals if message.pluralizable else 1) or not all(forms):
        yield "a plural form is missing"
        return
    expected = _placeholders(_forms(message.id)[-1])
    # Only the last form is for every number; others may write "one" or "two" in words.
    placeholders = [_placeholders(form) for form in forms]
    if placeholders[-1] != expected or any(set(names) - set(expected) for names in placeholders):
        yield "placeholders or tags differ"


def _placeholders(sentence: str) -> dict[str, int]:
    """Count the placeholder names, stray percent signs and HTML tags in a message."""
    parts: dict[str, int] = defaultdict(int)
    for match in PLACEHOLDER_PATTERN.finditer(sentence):
        parts[match["name"] or f"%{match['stray']}"] += 1
    for tag in re.findall(r"</?\w[^>]*>", sentence):
        parts[tag] += 1
    return dict(parts)


def _translation(message: Message, previous: Message | None, plurals: int, language: str) -> str | tuple[str, ...]:
    """Return the translation to keep: the known one or, in English, the message itself."""
    if language == DEFAULT_LANGUAGE:
        return _forms(message.id) if message.pluralizable else _message_key(message)
    previous_forms = _forms(previous.string) if previous else ()
    if not message.pluralizable:
        return previous_forms[0] if previous_forms else ""
    return tuple(previous_forms[form] if form < len(previous_forms) else "" for form in range(plurals))


def _add_iter_messages(catalogue: Catalog, method: str, path: Path, options: dict[str, str]) -> None:
    """Add all messages of one file to the catalogue."""
    with path.open("rb") as source:
        for _, message, _, _ in extract(method, source, keywords=MARKER_FUNCTIONS, options=options):
            catalogue.add(message)


def _read_catalogue(path: Path, language: str) -> Catalog:
    """Read the catalogue of a language; empty if there is no file."""
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def _iter_messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _forms(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Return singular and plural forms as a tuple, whatever Babel returned them as."""
    return (value,) if isinstance(value, str) else tuple(value or ())


def _message_key(message: Message) -> str:
    """Return the singular form, which identifies a message."""
    return _forms(message.id)[0]


def _format_message(message: Message) -> str:
    """Format a message for a fault line."""
    return " / ".join(_forms(message.id))
