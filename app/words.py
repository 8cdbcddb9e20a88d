"""The catalogue tool: what the house says is gathered from code and templates into one `.po` file per language.

No places, no dates: a file changes only when words do. English is filled in; the other five are left to translators.
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

from app.core.i18n import DEFAULT, LANGUAGES

ROOT = Path(__file__).parent.parent
MARKERS: dict[str, tuple[int, ...] | None] = {"say": None, "_": None, "gettext": None, "ngettext": (1, 2)}
TEMPLATE_OPTIONS = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true", "encoding": "utf-8"}
PLACEHOLDER = re.compile(r"%(?:\((?P<name>\w+)\)s|(?P<stray>.?))", re.DOTALL)


def words(check: bool, root: Path = ROOT) -> int:
    """Bring the six catalogues up to date; with `check` write nothing, print what is wrong, return 1 if anything is."""
    found = gather(root)
    folder = root / "app" / "locale"
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        for language in LANGUAGES:
            path = folder / f"{language}.po"
            path.write_bytes(written(renewed(found, _read(path, language), language), language))
        return 0
    faults = [line for language in LANGUAGES for line in faults_in(found, _read(folder / f"{language}.po", language))]
    print("\n".join(faults) or "Every word is there in all six languages.")
    return 1 if faults else 0


def gather(root: Path) -> Catalog:
    """Every sentence that is marked in `app/**/*.py` and `templates/**/*.html`."""
    catalogue = Catalog(fuzzy=False)
    for path in sorted((root / "app").rglob("*.py")):
        _take(catalogue, "python", path, {"encoding": "utf-8"})
    for path in sorted((root / "templates").rglob("*.html")):
        _take(catalogue, "jinja2.ext:babel_extract", path, TEMPLATE_OPTIONS)
    return catalogue


def renewed(found: Catalog, known: Catalog, language: str) -> Catalog:
    """The sentences found, with the translations known: nothing is guessed, what is no longer said is dropped."""
    catalogue = Catalog(locale=language, fuzzy=False)
    for message in _messages(found):
        before = known.get(message.id)
        fuzzy = {"fuzzy"} & set(before.flags) if before else set()
        catalogue.add(message.id, _translation(message, before, catalogue.num_plurals, language), flags=fuzzy)
    return catalogue


def written(catalogue: Catalog, language: str) -> bytes:
    """The file: our own short header, then the sentences in order."""
    out = BytesIO()
    write_po(out, catalogue, omit_header=True, no_location=True, sort_output=True, ignore_obsolete=True, width=0)
    header = (
        'msgid ""\n'
        'msgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {get_plural(language)}\\n"\n\n'
    )
    return header.encode() + out.getvalue().lstrip(b"\n").rstrip(b"\n") + b"\n"


def faults_in(found: Catalog, known: Catalog) -> Iterator[str]:
    """What a translator or a programmer still has to do in one language, one line each."""
    for message in _messages(found):
        entry = known.get(message.id)
        for fault in _faults(message, entry, known.num_plurals) if entry else ["missing"]:
            yield f"{known.locale}: {fault}: {_shown(message)}"
    said = {_key(message) for message in _messages(found)}
    for message in [*_messages(known), *known.obsolete.values()]:
        if _key(message) not in said or message.id in known.obsolete:
            yield f"{known.locale}: obsolete: {_shown(message)}"


def _faults(message: Message, entry: Message, plurals: int) -> Iterator[str]:
    forms = _forms(entry.string)
    if entry.fuzzy:
        yield "fuzzy"
    if not any(forms):
        yield "empty"
        return
    if len(forms) != (plurals if message.pluralizable else 1) or not all(forms):
        yield "a plural form is missing"
        return
    wanted = _placeholders(_forms(message.id)[-1])
    # Only the last form is for every number: others may say "one" or "two" in words.
    named = [_placeholders(form) for form in forms]
    if named[-1] != wanted or any(set(names) - set(wanted) for names in named):
        yield "placeholders or tags differ"


def _placeholders(sentence: str) -> dict[str, int]:
    """The names, stray percent signs and HTML tags in a sentence, each with how often it comes."""
    parts: dict[str, int] = defaultdict(int)
    for match in PLACEHOLDER.finditer(sentence):
        parts[match["name"] or f"%{match['stray']}"] += 1
    for tag in re.findall(r"</?\w[^>]*>", sentence):
        parts[tag] += 1
    return dict(parts)


def _translation(message: Message, before: Message | None, plurals: int, language: str) -> str | tuple[str, ...]:
    if language == DEFAULT:
        return _forms(message.id) if message.pluralizable else _key(message)
    kept = _forms(before.string) if before else ()
    if not message.pluralizable:
        return kept[0] if kept else ""
    return tuple(kept[form] if form < len(kept) else "" for form in range(plurals))


def _take(catalogue: Catalog, method: str, path: Path, options: dict[str, str]) -> None:
    with path.open("rb") as source:
        for _, message, _, _ in extract(method, source, keywords=MARKERS, options=options):
            catalogue.add(message)


def _read(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _forms(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _key(message: Message) -> str:
    return _forms(message.id)[0]


def _shown(message: Message) -> str:
    return " / ".join(_forms(message.id))
