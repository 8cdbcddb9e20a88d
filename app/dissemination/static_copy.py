"""Static export of the whole catalogue as plain files, which any web server can serve and anybody can verify
(docs/copies.md).

It contains what readers see: pages in six languages, the released files, their manifests, a list for programs,
tombstones of withdrawn outputs, and a program that verifies all of it. One signed statement names each file with its
digest.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

from app.asgi.pages import Pages, Tongue
from app.asgi.static import FOLDER
from app.asgi.words import KINDS, STATEMENTS, WAYS
from app.core.canonical import canonical, instant
from app.core.i18n import DEFAULT, LANGUAGES, OWN_NAMES, Text, direction, say
from app.core.signing import Signer, enveloped
from app.core.store import Store
from app.core.tree import Content, Tree
from app.dissemination.catalogue import Catalogue
from app.dissemination.machines import described
from app.dissemination.narrowing import topic_name
from app.dissemination.outputs import Statement, addressees_of, alone, mark, state_name, title_in
from app.dissemination.tombstones import tombstone
from app.dissemination.withdrawn import told_all
from app.domain.releases.queries import Released, Said
from app.domain.releases.queries import Text as File

FORMAT: Final = "cwg-copy/1"
STATEMENT: Final = "copy.json"
LATEST: Final = 30
"""Outputs on the front page; the pages of the years list all of them."""
ASSETS: Final = ("style.css", "portal.js", "emblem.svg")
PROGRAM: Final = "verify_receipt.py"


@dataclass(frozen=True, slots=True)
class Line:
    """An output in the lists of the copy.

    `lang` is the language of the title if it differs from the page; `files` are (language, path).
    """

    slug: str
    symbol: str
    title: str
    lang: str | None
    kind: Text | str
    released: date
    original: str
    files: Sequence[tuple[str, str]]
    tag: tuple[str, Text] | None


@dataclass(frozen=True, slots=True)
class Told:
    """The number of files written, and of those that changed."""

    files: int
    changed: int


class StaticCopy:
    """Writes the catalogue into a folder, and updates it there for a later catalogue."""

    def __init__(self, pages: Pages, store: Store, signer: Signer, origin: str) -> None:
        self.pages, self.store, self.signer, self.origin = pages, store, signer, origin

    def write(self, catalogue: Catalogue, folder: Path) -> Told:
        """Write the whole copy.

        Unchanged files stay; the statement is written last, then files no longer in it are deleted. Raises ValueError
        for a folder with other content.
        """
        tree = Tree(folder, STATEMENT)
        listed: dict[str, Content] = {}
        for path, content in self.contents(catalogue):
            tree.put(path, content)
            listed[path] = content
        statement = canonical(
            {
                "format": FORMAT,
                "kind": "copy",
                "portal": self.signer.portal,
                "of": self.origin,
                "at": instant(catalogue.read_at),
                "catalogue": {
                    "number": catalogue.head.number if catalogue.head else 0,
                    "sha256": catalogue.head.digest.hex() if catalogue.head else None,
                },
                "files": [
                    {"path": path, "size": content.size, "sha256": content.sha256}
                    for path, content in sorted(listed.items())
                ],
            }
        )
        tree.close(enveloped(statement, self.signer.sign(statement), self.signer.public))
        return Told(len(listed), tree.changed)

    def contents(self, catalogue: Catalogue) -> Iterator[tuple[str, Content]]:
        """Yield every file of the copy with its path, except the statement."""
        for output in catalogue.outputs:
            for text in output.texts:
                pieces = partial(self.store.pieces, text.sha256)
                yield file_of(text), Content(text.sha256, text.size, pieces)
            manifest = catalogue.manifest(output.slug)
            yield f"manifests/{output.slug}.json", whole(manifest.file(output, self.signer.keys))
        for withdrawn in catalogue.withdrawn:
            yield (
                f"manifests/{withdrawn.slug}.json",
                whole(catalogue.manifest(withdrawn.slug).file(withdrawn, self.signer.keys)),
            )
        for name in ASSETS:
            yield f"static/{name}", whole((FOLDER / name).read_bytes())
        yield PROGRAM, whole((FOLDER / PROGRAM).read_bytes())
        yield "outputs.json", whole(self._list(catalogue))
        yield "withdrawn.json", whole(_json(told_all(catalogue, catalogue.withdrawn, self.origin)))
        yield "index.html", whole(self._page(catalogue, DEFAULT, "copy/first.html", "", {}))
        for language in LANGUAGES:
            yield from self._pages_in(catalogue, language)

    def _list(self, catalogue: Catalogue) -> bytes:
        outputs = [
            described(output, catalogue.manifest(output.slug).number, self.origin) for output in catalogue.outputs
        ]
        return _json(outputs)

    def _pages_in(self, catalogue: Catalogue, language: str) -> Iterator[tuple[str, Content]]:
        """Yield the pages in one language."""
        years = [
            (year, list(outputs_of_year))
            for year, outputs_of_year in groupby(catalogue.outputs, lambda output: output.released_on.year)
        ]

        def listing(name: str, outputs: Sequence[Released], current: str) -> tuple[str, Content]:
            chips: list[tuple[str, Text | str, bool]] = [("index.html", say("Latest"), current == "")]
            chips += [(f"{year}.html", str(year), str(year) == current) for year, _ in years]
            lines = [_line(output, language) for output in outputs]
            values = {
                "lines": lines,
                "chips": chips,
                "total": len(catalogue.outputs),
                "withdrawn": len(catalogue.withdrawn),
            }
            return f"{language}/{name}", whole(self._page(catalogue, language, "copy/list.html", name, values))

        tombstones = [tombstone(withdrawn, language) for withdrawn in catalogue.withdrawn]
        if tombstones:
            withdrawn_page = "withdrawn.html"
            yield (
                f"{language}/{withdrawn_page}",
                whole(
                    self._page(catalogue, language, "copy/withdrawn.html", withdrawn_page, {"tombstones": tombstones})
                ),
            )
        for tomb, withdrawn in zip(tombstones, catalogue.withdrawn, strict=True):
            values = {"tomb": tomb, "files": withdrawn.texts, "number": catalogue.manifest(tomb.slug).number}
            name = f"{tomb.slug}.html"
            yield f"{language}/{name}", whole(self._page(catalogue, language, "copy/tombstone.html", name, values))
        yield listing("index.html", catalogue.outputs[:LATEST], "")
        for year, outputs in years:
            yield listing(f"{year}.html", outputs, str(year))
        for output in catalogue.outputs:
            name = f"{output.slug}.html"
            values = {
                "output": output,
                "line": _line(output, language),
                "number": catalogue.manifest(output.slug).number,
                "body": output.body_names.get(language) or output.body_names.get(DEFAULT) or output.body,
                "how": WAYS[output.adopted_how],
                "addressees": addressees_of(output, language),
                "topics": [topic_name(topic.names, language) for topic in output.topics],
                "files": [(text, f"../{file_of(text)}") for text in output.texts],
                "statements": [_statement(said, language) for said in output.statements],
                "alone": alone(output, language),
            }
            yield f"{language}/{name}", whole(self._page(catalogue, language, "copy/output.html", name, values))

    def _page(
        self, catalogue: Catalogue, language: str, template: str, name: str, template_values: Mapping[str, object]
    ) -> bytes:
        """Render a page with relative links. Without a name it lies above the folders of the languages."""
        prefix, file_name = ("../", name) if name else ("", "index.html")
        language_links = [
            Tongue(code, OWN_NAMES[code], direction(code), f"{prefix}{code}/{file_name}", code == language)
            for code in LANGUAGES
        ]
        values = {
            "asset": lambda file: f"{prefix}static/{file}",
            "languages": language_links,
            "origin": self.origin,
            "head": catalogue.head,
            "is_public": catalogue.is_public,
            "done": None,
        }
        return self.pages.write(language, template, **values, **template_values).encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def file_of(text: File) -> str:
    """Return the path of a released file in the copy."""
    return f"files/{text.name}"


def whole(content: bytes) -> Content:
    """Wrap generated bytes as content in one chunk."""
    return Content(hashlib.sha256(content).hexdigest(), len(content), lambda: [content])


def _line(output: Released, language: str) -> Line:
    title, lang = title_in(output.titles, language, output.original)
    kind, files = KINDS.get(output.kind, output.kind), [(text.language, f"../{file_of(text)}") for text in output.texts]
    released_on = output.released_on
    return Line(output.slug, output.symbol, title, lang, kind, released_on, output.original, files, mark(output))


def _statement(statement: Said, language: str) -> Statement:
    return Statement(
        state_name(statement.state, language), ("info", STATEMENTS[statement.kind]), statement.text, statement.language
    )
