"""Message catalogues: collects the marked messages of code and templates into one `.po` file per language.

The files hold no line numbers and no dates, so that they change only with the messages. English is filled in; the other
five languages are left to translators.
"""

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from app.core.terms import TERMS_FILE, load_terms

PROJECT_ROOT = Path(__file__).parents[2]
MARKER_FUNCTIONS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "lazy_gettext": None,
    "gettext": None,
    "ngettext": (1, 2),
    "_p": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "pgettext": ((1, "c"), 2),
}
TEMPLATE_OPTIONS = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true", "encoding": "utf-8"}
SOURCES = (  # folder, pattern of its files, Babel's extraction method and its options
    ("app", "**.py", "python", {"encoding": "utf-8"}),
    ("templates", "**.html", "jinja2.ext:babel_extract", TEMPLATE_OPTIONS),
)
PLACEHOLDER_PATTERN = re.compile(r"%(?:\((?P<name>\w+)\)s|(?P<stray>.?))|(?P<tag></?\w[^>]*>)", re.DOTALL)


def update_translation_catalogues(check: bool, root: Path = PROJECT_ROOT) -> int:
    """Update the six catalogues and return 0; with `check`, write nothing, print each fault, and return 1 if there
    is any."""
    extracted, folder = extract_messages(root), root / "app" / "locale"
    catalogues = {language: _read_catalogue(folder / f"{language}.po", language) for language in LANGUAGES}
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        for language, catalogue in catalogues.items():
            catalogue.update(deepcopy(extracted), no_fuzzy_matching=True)  # takes the messages themselves
            (folder / f"{language}.po").write_bytes(render_po_file(catalogue, language))
        return 0
    faults = [line for catalogue in catalogues.values() for line in find_translation_faults(extracted, catalogue)]
    print("\n".join(faults) or "Every word is there in all six languages.")
    return 1 if faults else 0


def extract_messages(root: Path) -> Catalog:
    """Extract every message that is marked in `app/**/*.py` and `templates/**/*.html`, and the definitions of terms."""
    extracted = Catalog(fuzzy=False)
    for folder, pattern, method, options in SOURCES:
        found = extract_from_dir(root / folder, [(pattern, method)], {pattern: options}, MARKER_FUNCTIONS)
        for _path, _line, message, _comments, context in found:
            extracted.add(message, context=context)
    if (terms := root / "app" / "locale" / TERMS_FILE.name).exists():
        for term in load_terms(terms):
            if term.definition:
                extracted.add(term.definition.message)
    return extracted


def render_po_file(catalogue: Catalog, language: str) -> bytes:
    """Render a catalogue as a `.po` file: a short header, then the messages in order; English says what they say."""
    if language == DEFAULT_LANGUAGE:
        for message in _iter_messages(catalogue):
            message.string = message.id
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


def find_translation_faults(extracted: Catalog, translated: Catalog) -> Iterator[str]:
    """Yield one line for each thing that a translator or a programmer still has to do in one language."""
    for message in _iter_messages(extracted):
        entry = translated.get(message.id, message.context)
        for fault in _find_message_faults(message, entry, translated.num_plurals) if entry else ["missing"]:
            yield f"{translated.locale}: {fault}: {_format_message(message)}"
    used_keys = {_message_key(message) for message in _iter_messages(extracted)}
    for message in [*_iter_messages(translated), *translated.obsolete.values()]:
        if _message_key(message) not in used_keys:
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
    expected = _count_placeholders(_forms(message.id)[-1])
    # Only the last form is for every number; others may write "one" or "two" in words.
    placeholders = [_count_placeholders(form) for form in forms]
    if placeholders[-1] != expected or any(set(names) - set(expected) for names in placeholders):
        yield "placeholders or tags differ"


def _count_placeholders(sentence: str) -> Counter[str]:
    """Count the placeholder names, stray percent signs and HTML tags in a message."""
    return Counter(
        match["name"] or match["tag"] or f"%{match['stray']}" for match in PLACEHOLDER_PATTERN.finditer(sentence)
    )


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


def _message_key(message: Message) -> tuple[str | None, str]:
    """Return context and singular form, which identify a message."""
    return message.context, _forms(message.id)[0]


def _format_message(message: Message) -> str:
    """Format a message for a fault line."""
    return " / ".join(filter(None, [message.context, *_forms(message.id)]))
