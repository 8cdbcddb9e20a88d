"""Citations of an output as BibTeX, RIS or CSL-JSON, for reference managers.

Withdrawn outputs can be cited too, since people may have to write about them; the citation says that they are
withdrawn.
"""

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from app.core.errors import NotFound
from app.core.i18n import DEFAULT_LANGUAGE
from app.dissemination.outputs import OutputSlug, format_notices
from app.dissemination.reader_sessions import ReaderCatalogueGuard
from app.dissemination.state import get_catalogue, get_read_path_state
from app.dissemination.tombstones import output_path
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, WithdrawnEntry
from app.http.downloads import SANDBOX_POLICY, content_disposition

router = APIRouter()
CitableOutput = CatalogueEntry | WithdrawnEntry

PUBLISHER, PUBLISHER_PLACE = "International Telecommunication Union", "Geneva"
TEX_SPECIAL_CHARACTERS = re.compile(r"([\\{}$&#%_^~])")
# BibTeX counts braces even if escaped: an unbalanced one would swallow the entries that follow.
TEX_ESCAPES = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
}


def format_bibtex(output: CitableOutput, url: str) -> str:
    """Format an output as a `@techreport` in UTF-8; the title keeps its capitals."""
    fields = {
        "title": f"{{{_escape_tex(_title(output))}}}",
        "author": f"{{{_escape_tex(_author(output))}}}",
        "institution": _escape_tex(PUBLISHER),
        "address": PUBLISHER_PLACE,
        "number": _escape_tex(output.symbol),
        "year": str(output.adopted_on.year),
        "month": str(output.adopted_on.month),
        "url": url,
        "language": output.original,
    } | ({"note": _escape_tex(note)} if (note := _note(output)) else {})
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@techreport{{{output.slug},\n{lines}}}\n"


def format_ris(output: CitableOutput, url: str) -> str:
    """Format an output as RIS, a tag and a value per line; the date as year, month and day."""
    lines = [
        ("TY", "RPRT"),
        ("TI", _title(output)),
        ("AU", _author(output)),
        ("PB", PUBLISHER),
        ("CY", PUBLISHER_PLACE),
        ("M1", output.symbol),
        ("PY", str(output.adopted_on.year)),
        ("DA", output.adopted_on.strftime("%Y/%m/%d")),
        ("UR", url),
        ("LA", output.original),
        *([("N1", note)] if (note := _note(output)) else []),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines)


def format_csl_json(output: CitableOutput, url: str) -> str:
    """Format an output as one item of CSL-JSON."""
    day = output.adopted_on
    item = {
        "id": output.slug,
        "type": "report",
        "title": _title(output),
        "author": [{"literal": _author(output)}],
        "publisher": PUBLISHER,
        "publisher-place": PUBLISHER_PLACE,
        "number": output.symbol,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "language": output.original,
        "URL": url,
    }
    item |= {"status": "withdrawn"} if isinstance(output, WithdrawnEntry) else {}
    item |= {"note": note} if (note := _note(output)) else {}
    return json.dumps([item], ensure_ascii=False, indent=1) + "\n"


CITATION_FORMATS: Mapping[str, tuple[str, Callable[[CitableOutput, str], str]]] = MappingProxyType(
    {
        "bib": ("application/x-bibtex", format_bibtex),
        "ris": ("application/x-research-info-systems", format_ris),
        "json": ("application/vnd.citationstyles.csl+json", format_csl_json),
    }
)


@router.get("/outputs/{slug}/cite.{form}", dependencies=[Depends(ReaderCatalogueGuard())])
async def download_citation(slug: OutputSlug, form: Annotated[str, Path(max_length=4)], request: Request) -> Response:
    """Download the citation of an output for a reference manager. Raises NotFound for an unknown format."""
    state = get_read_path_state(request)
    output = (await get_catalogue(request)).get_released_or_withdrawn(slug)
    if form not in CITATION_FORMATS:
        raise NotFound()
    media, write = CITATION_FORMATS[form]
    headers = {
        "Content-Disposition": content_disposition("attachment", f"{output.slug}.{form}"),
        "Content-Security-Policy": SANDBOX_POLICY,
    }
    return Response(
        write(output, state.settings.read_url + output_path(output.slug)), media_type=media, headers=headers
    )


def _title(output: CitableOutput) -> str:
    """Return the title in the original language, which is the binding one."""
    return output.titles[output.original]


def _author(output: CitableOutput) -> str:
    return output.body_names.get(output.original) or output.body_names.get(DEFAULT_LANGUAGE) or output.body


def _escape_tex(text: str) -> str:
    return TEX_SPECIAL_CHARACTERS.sub(lambda match: TEX_ESCAPES.get(match[1], f"\\{match[1]}"), text)


def _note(output: CitableOutput) -> str:
    """Return a note in English, like the other fields: the withdrawal; or that it is an advance version, and which
    States attached statements."""
    return (
        f"Withdrawn on {output.withdrawn_on.isoformat()}"
        if isinstance(output, WithdrawnEntry)
        else format_notices(output, DEFAULT_LANGUAGE)
    )
