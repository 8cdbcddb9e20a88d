"""Names of files in header fields and archives, whatever is in them."""

import re
from urllib.parse import unquote

import pytest

from app.http.downloads import content_disposition
from app.http.exports.zip_export import UniqueFileNames

NAMES = [
    'Costs "and" more\r\nSet-Cookie: a=b.pdf',
    "../../etc/passwd",
    "Коммюнике 22.docx",
    'a";filename="b.exe',
    "\x00a\u202efdp.exe",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_inside_of_its_header(name: str) -> None:
    header = content_disposition("attachment", name)
    kind, plain, extended = header.split("; ")

    assert header.isascii()
    assert header.isprintable()
    assert kind == "attachment"
    assert re.fullmatch(r'filename="[A-Za-z0-9._ ()-]+"', plain)
    assert unquote(extended.removeprefix("filename*=UTF-8''")) == name  # RFC 8187: nothing is lost, and nothing added
    assert re.fullmatch(r"[A-Za-z0-9._~%-]+", extended.removeprefix("filename*=UTF-8''"))


def test_names_in_an_archive_are_safe_and_different() -> None:
    names = UniqueFileNames()
    made = [names.unique_name(stem, ".pdf") for stem in (*NAMES, "COSTS", "costs", "..", "a" * 500)]

    assert len({name.casefold() for name in made}) == len(made)
    for name in made:
        assert name.endswith(".pdf")
        assert name.isprintable()
        assert not set(name) & set('/\\:<>"|?*')
        assert not name.startswith(".")
        assert len(name) <= 130
