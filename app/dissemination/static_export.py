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

from app.core.canonical_json import format_instant, to_canonical_json
from app.core.folder_sync import FileContent, FolderSync
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES, NATIVE_NAMES, LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.core.signing import PublicKey, Signer, build_signature_envelope
from app.core.storage import Store
from app.dissemination.catalogue import Catalogue
from app.dissemination.facet_links import format_facet_value, localized_topic_name
from app.dissemination.json_api import describe_output
from app.dissemination.outputs import (
    advance_version_label,
    build_attached_statement,
    format_addressees,
    list_cited,
    sole_release_notice,
)
from app.dissemination.tombstones import build_tombstone
from app.dissemination.withdrawn import describe_withdrawn_outputs
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, list_all_files
from app.domain.releases.queries.catalogue_entries import CatalogueFile as File
from app.http.labels import ADOPTION_METHOD_LABELS, KIND_LABELS
from app.http.static_files import SHARED_SHEETS, STATIC_FOLDER
from app.http.templates import LanguageLink, PageTemplates
from app.http.titles import localize_title

FORMAT: Final = "cwg-copy/1"
STATEMENT_FILE: Final = "copy.json"
FRONT_PAGE_OUTPUTS: Final = 30
"""Outputs on the front page; the pages of the years list all of them."""
ASSET_NAMES: Final = ("style.css", *SHARED_SHEETS, "print.css", "portal.js", "emblem.svg")
VERIFIER_PROGRAM: Final = "verify_receipt.py"


@dataclass(frozen=True, slots=True)
class StaticCopyOutputEntry:
    """An output in the lists of the copy.

    `lang` is the language of the title if it differs from the page; `files` are (language, path).
    """

    slug: str
    symbol: str
    title: str
    lang: str | None
    kind: LazyText | str
    released: date
    original: str
    files: Sequence[tuple[str, str]]
    tag: tuple[str, LazyText] | None


@dataclass(frozen=True, slots=True)
class CopyResult:
    """The number of files written, and of those that changed."""

    files: int
    changed: int


class StaticExport:
    """Writes the catalogue into a folder, and updates it there for a later catalogue.

    `signer` is that of releases; only proofs that lead to a head by one of `ledger_keys` are written.
    """

    def __init__(
        self, templates: PageTemplates, store: Store, signer: Signer, ledger_keys: Sequence[PublicKey], origin: str
    ) -> None:
        self.templates, self.store, self.origin = templates, store, origin
        self.signer, self.ledger_keys = signer, ledger_keys

    def write_copy(self, catalogue: Catalogue, folder: Path) -> CopyResult:
        """Write the whole copy.

        Unchanged files stay; the statement is written last, then files no longer in it are deleted. Raises ValueError
        for a folder with other content.
        """
        tree = FolderSync(folder, STATEMENT_FILE)
        listed: dict[str, FileContent] = {}
        for path, content in self.iter_contents(catalogue):
            tree.put_file(path, content)
            listed[path] = content
        statement = to_canonical_json(
            {
                "format": FORMAT,
                "kind": "copy",
                "portal": self.signer.portal,
                "of": self.origin,
                "at": format_instant(catalogue.read_at),
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
        tree.finish(build_signature_envelope(statement, self.signer.sign(statement), self.signer.public_key))
        return CopyResult(len(listed), tree.changed_count)

    def iter_contents(self, catalogue: Catalogue) -> Iterator[tuple[str, FileContent]]:
        """Yield every file of the copy with its path, except the statement."""
        for output in catalogue.outputs:
            for file in list_all_files(output.texts):
                pieces = partial(self.store.iter_chunks, file.sha256)
                yield copied_file_path(file), FileContent(file.sha256, file.size, pieces)
            manifest = catalogue.get_manifest(output.slug)
            yield (
                f"manifests/{output.slug}.json",
                single_chunk_content(manifest.render_file(output, self.ledger_keys)),
            )
        for withdrawn in catalogue.withdrawn:
            yield (
                f"manifests/{withdrawn.slug}.json",
                single_chunk_content(catalogue.get_manifest(withdrawn.slug).render_file(withdrawn, self.ledger_keys)),
            )
        for name in ASSET_NAMES:
            yield f"static/{name}", single_chunk_content((STATIC_FOLDER / name).read_bytes())
        yield VERIFIER_PROGRAM, single_chunk_content((STATIC_FOLDER / VERIFIER_PROGRAM).read_bytes())
        yield "outputs.json", single_chunk_content(self._list(catalogue))
        yield (
            "withdrawn.json",
            single_chunk_content(_json(describe_withdrawn_outputs(catalogue, catalogue.withdrawn, self.origin))),
        )
        groups = " · ".join(sorted(set(catalogue.group_prefixes.values()))) or "ITU"
        first = self._page(catalogue, DEFAULT_LANGUAGE, "copy/first.html", "", {"groups": groups})
        yield "index.html", single_chunk_content(first)
        for language in LANGUAGES:
            yield from self._pages_in(catalogue, language)

    def _list(self, catalogue: Catalogue) -> bytes:
        outputs = [
            describe_output(output, catalogue.get_manifest(output.slug).number, self.origin)
            for output in catalogue.outputs
        ]
        return _json(outputs)

    def _pages_in(self, catalogue: Catalogue, language: str) -> Iterator[tuple[str, FileContent]]:
        """Yield the pages in one language."""
        years = [
            (year, list(outputs_of_year))
            for year, outputs_of_year in groupby(catalogue.outputs, lambda output: output.released_on.year)
        ]

        def listing(name: str, outputs: Sequence[CatalogueEntry], current: str) -> tuple[str, FileContent]:
            chips: list[tuple[str, LazyText | str, bool]] = [("index.html", _("Latest"), current == "")]
            chips += [(f"{year}.html", str(year), str(year) == current) for year, _ignored in years]
            lines = [_line(output, language) for output in outputs]
            values = {
                "lines": lines,
                "chips": chips,
                "total": len(catalogue.outputs),
                "withdrawn": len(catalogue.withdrawn),
            }
            return f"{language}/{name}", single_chunk_content(
                self._page(catalogue, language, "copy/list.html", name, values)
            )

        slugs = {withdrawn.slug for withdrawn in catalogue.withdrawn}
        tombstones = [build_tombstone(withdrawn, language, slugs) for withdrawn in catalogue.withdrawn]
        if tombstones:
            withdrawn_page = "withdrawn.html"
            yield (
                f"{language}/{withdrawn_page}",
                single_chunk_content(
                    self._page(catalogue, language, "copy/withdrawn.html", withdrawn_page, {"tombstones": tombstones})
                ),
            )
        for tomb, withdrawn in zip(tombstones, catalogue.withdrawn, strict=True):
            values = {"tomb": tomb, "files": withdrawn.texts, "number": catalogue.get_manifest(tomb.slug).number}
            name = f"{tomb.slug}.html"
            yield (
                f"{language}/{name}",
                single_chunk_content(self._page(catalogue, language, "copy/tombstone.html", name, values)),
            )
        yield listing("index.html", catalogue.outputs[:FRONT_PAGE_OUTPUTS], "")
        for year, outputs in years:
            yield listing(f"{year}.html", outputs, str(year))
        for output in catalogue.outputs:
            name = f"{output.slug}.html"
            values = {
                "output": output,
                "line": _line(output, language),
                "number": catalogue.get_manifest(output.slug).number,
                "body": output.body_names.get(language) or output.body_names.get(DEFAULT_LANGUAGE) or output.body,
                "how": ADOPTION_METHOD_LABELS[output.adopted_how],
                "addressees": format_addressees(output, language),
                "topics": [localized_topic_name(topic.names, language) for topic in output.topics],
                "cited": [name for name, _href in list_cited(catalogue, output, language)],
                "questions": [
                    format_facet_value(catalogue, "question", each.code, language) for each in output.questions
                ],
                "files": [(text, list(map(_link_file, list_all_files([text])))) for text in output.texts],
                "statements": [build_attached_statement(said, language) for said in output.statements],
                "alone": sole_release_notice(output, language),
            }
            yield (
                f"{language}/{name}",
                single_chunk_content(self._page(catalogue, language, "copy/output.html", name, values)),
            )

    def _page(
        self, catalogue: Catalogue, language: str, template: str, name: str, template_values: Mapping[str, object]
    ) -> bytes:
        """Render a page with relative links. Without a name it lies above the folders of the languages."""
        prefix, file_name = ("../", name) if name else ("", "index.html")
        language_links = [
            LanguageLink(
                code, NATIVE_NAMES[code], text_direction(code), f"{prefix}{code}/{file_name}", code == language
            )
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
        return self.templates.render_printable_html(language, template, **values, **template_values).encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def copied_file_path(text: File) -> str:
    """Return the path of a released file in the copy."""
    return f"files/{text.name}"


def _link_file(file: File) -> tuple[File, str]:
    """Return a file with its address on a page of the copy."""
    return file, f"../{copied_file_path(file)}"


def single_chunk_content(content: bytes) -> FileContent:
    """Wrap generated bytes as content in one chunk."""
    return FileContent(hashlib.sha256(content).hexdigest(), len(content), lambda: [content])


def _line(output: CatalogueEntry, language: str) -> StaticCopyOutputEntry:
    title, lang = localize_title(output.titles, language, output.original)
    kind, files = (
        KIND_LABELS.get(output.kind, output.kind),
        [(text.language, f"../{copied_file_path(text)}") for text in output.texts],
    )
    released_on = output.released_on
    return StaticCopyOutputEntry(
        output.slug,
        output.symbol,
        title,
        lang,
        kind,
        released_on,
        output.original,
        files,
        advance_version_label(output),
    )
