"""Where a word of `vocabulary.toml` is used as a metaphor; `python -m tests.architecture.vocabulary tests` prints it.

String literals are not searched, since they are stored, shown or sent; docstrings and comments are.
"""

import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT_ROOT = Path(__file__).parent.parent.parent
STATEMENT_ENDS = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)  # a string after one is a docstring
VOCABULARY = tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text(encoding="utf-8"))["banned"]


@dataclass(frozen=True)
class Finding:
    """A banned word and where it is used."""

    path: Path
    line: int
    word: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(PROJECT_ROOT)}:{self.line} {self.word}"


@cache
def patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], frozenset[str]]:
    """Return what is searched in identifiers and in texts, what texts may say, and the identifiers that are kept."""
    words = [word for entry in VOCABULARY for word in entry.get("words", ())]
    phrases = [phrase for entry in VOCABULARY for phrase in entry.get("phrases", ())]
    allowed = [phrase for entry in VOCABULARY for phrase in entry.get("allowed", ())]
    kept = frozenset(name for entry in VOCABULARY for name in entry.get("kept", ()))
    either = "|".join((*(rf"{word}\b" for word in words if "_" not in word), *phrases))
    return (
        re.compile(rf"(?:^|_)({'|'.join(words)})(?=_|$)"),
        re.compile(rf"(?<![\w/.-])({either})(?![/-])", re.IGNORECASE),
        re.compile(rf"`[^`]*`|\b(?:{'|'.join(allowed)})\b", re.IGNORECASE),
        kept,
    )


def find_in_text(text: str) -> Iterator[tuple[int, str]]:
    """Yield line, counted from 0, and word for each banned word outside of backticks and allowed phrases."""
    _, banned, allowed, _ = patterns()
    searched = allowed.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    yield from (
        (searched.count("\n", 0, match.start()), match[1].replace("\n", " ")) for match in banned.finditer(searched)
    )


@cache
def find_in_identifier(name: str) -> list[str]:
    """Find the banned words that an identifier contains, unless it is kept."""
    banned, _, _, kept = patterns()
    return [] if name in kept else banned.findall(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def find_in_python(path: Path) -> Iterator[Finding]:
    """Yield the banned words in the identifiers, comments and docstrings of a module, those of constants included."""
    source = path.read_text(encoding="utf-8")
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield from (
                Finding(path, token.start[0], f"{word} in {token.string}") for word in find_in_identifier(token.string)
            )
        elif token.type == tokenize.COMMENT or (token.type == tokenize.STRING and before in STATEMENT_ENDS):
            yield from (Finding(path, token.start[0] + line, word) for line, word in find_in_text(token.string))
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type


def find_in_document(path: Path) -> Iterator[Finding]:
    """Yield the banned words in a document, without its blocks of code."""
    text = re.sub(
        r"^```.*?^```", lambda match: "\n" * match[0].count("\n"), path.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    yield from (Finding(path, line + 1, word) for line, word in find_in_text(text))


def find_below(folder: Path) -> Iterator[Finding]:
    """Yield the banned words in every module and document below a folder."""
    for path in sorted(folder.rglob("*.py")):
        yield from find_in_python(path)
    for path in sorted(folder.rglob("*.md")):
        yield from find_in_document(path)


if __name__ == "__main__":
    for place in sys.argv[1:]:
        print(*find_below(PROJECT_ROOT / place), sep="\n")
