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

from app.asgi.files import SANDBOX, disposition
from app.core.errors import Unknown
from app.core.i18n import DEFAULT
from app.dissemination.library import catalogue_of, library_of
from app.dissemination.outputs import Slug, said_of
from app.dissemination.readers import Readers
from app.dissemination.tombstones import at
from app.domain.releases.queries import Released, Withdrawn

router = APIRouter()
Cited = Released | Withdrawn

PUBLISHER, PLACE = "International Telecommunication Union", "Geneva"
SPECIAL = re.compile(r"([\\{}$&#%_^~])")
# BibTeX counts braces even if escaped: an unbalanced one would swallow the entries that follow.
WRITTEN_OUT = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
}


def bibtex(output: Cited, url: str) -> str:
    """Format an output as a `@techreport` in UTF-8; the title keeps its capitals."""
    fields = {
        "title": f"{{{_escape_tex(_title(output))}}}",
        "author": f"{{{_escape_tex(_author(output))}}}",
        "institution": _escape_tex(PUBLISHER),
        "address": PLACE,
        "number": _escape_tex(output.symbol),
        "year": str(output.adopted_on.year),
        "month": str(output.adopted_on.month),
        "url": url,
        "language": output.original,
    } | ({"note": _escape_tex(note)} if (note := _note(output)) else {})
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@techreport{{{output.slug},\n{lines}}}\n"


def ris(output: Cited, url: str) -> str:
    """Format an output as RIS, a tag and a value per line; the date as year, month and day."""
    lines = [
        ("TY", "RPRT"),
        ("TI", _title(output)),
        ("AU", _author(output)),
        ("PB", PUBLISHER),
        ("CY", PLACE),
        ("M1", output.symbol),
        ("PY", str(output.adopted_on.year)),
        ("DA", output.adopted_on.strftime("%Y/%m/%d")),
        ("UR", url),
        ("LA", output.original),
        *([("N1", note)] if (note := _note(output)) else []),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines)


def csl(output: Cited, url: str) -> str:
    """Format an output as one item of CSL-JSON."""
    day = output.adopted_on
    item = {
        "id": output.slug,
        "type": "report",
        "title": _title(output),
        "author": [{"literal": _author(output)}],
        "publisher": PUBLISHER,
        "publisher-place": PLACE,
        "number": output.symbol,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "language": output.original,
        "URL": url,
    }
    item |= {"status": "withdrawn"} if isinstance(output, Withdrawn) else {}
    item |= {"note": note} if (note := _note(output)) else {}
    return json.dumps([item], ensure_ascii=False, indent=1) + "\n"


FORMS: Mapping[str, tuple[str, Callable[[Cited, str], str]]] = MappingProxyType(
    {
        "bib": ("application/x-bibtex", bibtex),
        "ris": ("application/x-research-info-systems", ris),
        "json": ("application/vnd.citationstyles.csl+json", csl),
    }
)


@router.get("/outputs/{slug}/cite.{form}", name="cite", dependencies=[Depends(Readers())])
async def cite(slug: Slug, form: Annotated[str, Path(max_length=4)], request: Request) -> Response:
    """Download the citation of an output for a reference manager. Raises NotFound for an unknown format."""
    state = library_of(request)
    output = (await catalogue_of(request)).either(slug)
    if form not in FORMS:
        raise Unknown()
    media, write = FORMS[form]
    headers = {
        "Content-Disposition": disposition("attachment", f"{output.slug}.{form}"),
        "Content-Security-Policy": SANDBOX,
    }
    return Response(write(output, state.settings.read_url + at(output.slug)), media_type=media, headers=headers)


def _title(output: Cited) -> str:
    """Return the title in the original language, which is the binding one."""
    return output.titles[output.original]


def _author(output: Cited) -> str:
    return output.body_names.get(output.original) or output.body_names.get(DEFAULT) or output.body


def _escape_tex(text: str) -> str:
    return SPECIAL.sub(lambda match: WRITTEN_OUT.get(match[1], f"\\{match[1]}"), text)


def _note(output: Cited) -> str:
    """Return a note in English, like the other fields: the withdrawal; or that it is an advance version, and which
    States attached statements."""
    return (
        f"Withdrawn on {output.withdrawn_on.isoformat()}" if isinstance(output, Withdrawn) else said_of(output, DEFAULT)
    )
