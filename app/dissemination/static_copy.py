"""A copy of the whole catalogue as plain files, which any web server can serve and anybody can check (docs/copies.md).

It holds what readers see: pages in six languages, the released files, their manifests, a list for programs, tombstones
of what was withdrawn; and a program that checks all of it. Each file is named with its digest in one statement that is
signed like a receipt.
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
"""So many outputs stand on the first page; all of them on the pages of their years."""
ASSETS: Final = ("style.css", "portal.js", "emblem.svg")
PROGRAM: Final = "verify_receipt.py"


@dataclass(frozen=True, slots=True)
class Line:
    """An output as the lists of the copy show it. `lang` is the language of the title where that is not the page's;
    `files` are those of its languages."""

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
    """What was written."""

    files: int
    changed: int


class StaticCopy:
    """Writes the catalogue into a folder, and writes it there again when there is another one."""

    def __init__(self, pages: Pages, store: Store, signer: Signer, origin: str) -> None:
        self.pages, self.store, self.signer, self.origin = pages, store, signer, origin

    def write(self, catalogue: Catalogue, folder: Path) -> Told:
        """All of it. What is there already and the same stays as it is; the statement comes last, then what is in it no
        more goes. Raises ValueError for a folder that holds something else."""
        tree = Tree(folder, STATEMENT)
        listed: dict[str, Content] = {}
        for path, content in self.contents(catalogue):
            tree.put(path, content)
            listed[path] = content
        said = canonical(
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
        tree.close(enveloped(said, self.signer.sign(said), self.signer.public))
        return Told(len(listed), tree.changed)

    def contents(self, catalogue: Catalogue) -> Iterator[tuple[str, Content]]:
        """Every file of the copy but its statement, by its path."""
        for output in catalogue.outputs:
            for text in output.texts:
                pieces = partial(self.store.pieces, text.sha256)
                yield file_of(text), Content(text.sha256, text.size, pieces)
            manifest = catalogue.manifest(output.slug)
            yield f"manifests/{output.slug}.json", whole(manifest.file(output, self.signer.keys))
        for gone in catalogue.withdrawn:
            yield f"manifests/{gone.slug}.json", whole(catalogue.manifest(gone.slug).file(gone, self.signer.keys))
        for name in ASSETS:
            yield f"static/{name}", whole((FOLDER / name).read_bytes())
        yield PROGRAM, whole((FOLDER / PROGRAM).read_bytes())
        yield "outputs.json", whole(self._list(catalogue))
        yield "withdrawn.json", whole(_json(told_all(catalogue, catalogue.withdrawn, self.origin)))
        yield "index.html", whole(self._page(catalogue, DEFAULT, "copy/first.html", "", {}))
        for language in LANGUAGES:
            yield from self._in(catalogue, language)

    def _list(self, catalogue: Catalogue) -> bytes:
        every = [described(output, catalogue.manifest(output.slug).number, self.origin) for output in catalogue.outputs]
        return _json(every)

    def _in(self, catalogue: Catalogue, language: str) -> Iterator[tuple[str, Content]]:
        """The pages in one language."""
        years = [(year, list(of)) for year, of in groupby(catalogue.outputs, lambda output: output.released_on.year)]

        def listing(name: str, outputs: Sequence[Released], current: str) -> tuple[str, Content]:
            chips: list[tuple[str, Text | str, bool]] = [("index.html", say("Latest"), current == "")]
            chips += [(f"{year}.html", str(year), str(year) == current) for year, _ in years]
            lines = [_line(output, language) for output in outputs]
            more = {
                "lines": lines,
                "chips": chips,
                "total": len(catalogue.outputs),
                "withdrawn": len(catalogue.withdrawn),
            }
            return f"{language}/{name}", whole(self._page(catalogue, language, "copy/list.html", name, more))

        gone = [tombstone(each, language) for each in catalogue.withdrawn]
        if gone:
            named = "withdrawn.html"
            yield (
                f"{language}/{named}",
                whole(self._page(catalogue, language, "copy/withdrawn.html", named, {"tombstones": gone})),
            )
        for tomb, withdrawn in zip(gone, catalogue.withdrawn, strict=True):
            more = {"tomb": tomb, "files": withdrawn.texts, "number": catalogue.manifest(tomb.slug).number}
            name = f"{tomb.slug}.html"
            yield f"{language}/{name}", whole(self._page(catalogue, language, "copy/tombstone.html", name, more))
        yield listing("index.html", catalogue.outputs[:LATEST], "")
        for year, outputs in years:
            yield listing(f"{year}.html", outputs, str(year))
        for output in catalogue.outputs:
            name = f"{output.slug}.html"
            more = {
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
            yield f"{language}/{name}", whole(self._page(catalogue, language, "copy/output.html", name, more))

    def _page(self, catalogue: Catalogue, language: str, template: str, name: str, more: Mapping[str, object]) -> bytes:
        """A page whose links lead from file to file. Without a name it lies above the folders of the languages."""
        above, same = ("../", name) if name else ("", "index.html")
        tongues = [
            Tongue(code, OWN_NAMES[code], direction(code), f"{above}{code}/{same}", code == language)
            for code in LANGUAGES
        ]
        values = {
            "asset": lambda file: f"{above}static/{file}",
            "languages": tongues,
            "origin": self.origin,
            "head": catalogue.head,
            "is_public": catalogue.is_public,
            "done": None,
        }
        return self.pages.write(language, template, **values, **more).encode()


def _json(every: object) -> bytes:
    return json.dumps(every, ensure_ascii=False, indent=1).encode()


def file_of(text: File) -> str:
    """Where a released file lies in the copy."""
    return f"files/{text.name}"


def whole(content: bytes) -> Content:
    """What is made here, in one piece."""
    return Content(hashlib.sha256(content).hexdigest(), len(content), lambda: [content])


def _line(output: Released, language: str) -> Line:
    title, lang = title_in(output.titles, language, output.original)
    kind, files = KINDS.get(output.kind, output.kind), [(text.language, f"../{file_of(text)}") for text in output.texts]
    when = output.released_on
    return Line(output.slug, output.symbol, title, lang, kind, when, output.original, files, mark(output))


def _statement(said: Said, language: str) -> Statement:
    return Statement(state_name(said.state, language), ("info", STATEMENTS[said.kind]), said.text, said.language)
