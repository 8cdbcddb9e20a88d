"""What confined processes do with documents: each function takes a source and arguments and returns the answer."""

import json
from dataclasses import asdict
from io import BytesIO
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile

from app.core.file_service.tasks import WITH_HEADINGS
from app.core.file_service.typefaces import WITH_TYPEFACES, list_typefaces
from app.core.rendering import docx_copy, docx_undrawn, pdf, template_fields
from app.core.rendering.contribution_template import build_contribution_template
from app.core.rendering.default_template import build_default_template
from app.core.rendering.letter_template import build_letter_template
from app.core.rendering.template_values import (
    parse_contribution_words,
    parse_letter_words,
    parse_named_fillings,
    parse_template_filling,
)


def read_words(source: BinaryIO, arguments: bytes) -> bytes:
    """Return the paragraphs of a DOCX, and what its PDF will not show, as JSON; with missing typefaces, and levels of
    headings, for those who ask for them: an earlier worker does not know them."""
    asked = arguments.split()
    content = docx_undrawn.read_docx_content(source, list_typefaces() if WITH_TYPEFACES in asked else frozenset())
    answer = asdict(content)
    if WITH_HEADINGS not in asked:
        del answer["heading_levels"]
    return json.dumps(answer).encode()


def read_pages(source: BinaryIO, _arguments: bytes) -> bytes:
    """Return pages, picture and paragraphs of a PDF as JSON."""
    return json.dumps(pdf.extract_picture_and_paragraphs(source)).encode()


def read_fields(source: BinaryIO, _arguments: bytes) -> bytes:
    """Return the fields of a template as JSON."""
    return json.dumps(template_fields.list_template_fields(source)).encode()


def fill_from_arguments(source: BinaryIO, arguments: bytes) -> bytes:
    """Return a template filled with the values in the arguments."""
    return template_fields.fill_template(source, parse_template_filling(arguments))


def fill_copies(source: BinaryIO, arguments: bytes) -> bytes:
    """Return a ZIP with one copy of a template for each filling in the arguments, under its name."""
    template, output = source.read(), BytesIO()
    with ZipFile(output, "w", ZIP_STORED) as archive:
        for name, filling in parse_named_fillings(arguments).items():
            archive.writestr(name, template_fields.fill_template(BytesIO(template), filling))
    return output.getvalue()


def make_template(_source: BinaryIO, _arguments: bytes) -> bytes:
    """Return the default template."""
    return build_default_template()


def make_contribution_template(_source: BinaryIO, arguments: bytes) -> bytes:
    """Return the template of a contribution, with the words in the arguments."""
    return build_contribution_template(parse_contribution_words(arguments))


def make_letter_template(_source: BinaryIO, arguments: bytes) -> bytes:
    """Return the default template of a letter, with the words in the arguments."""
    return build_letter_template(parse_letter_words(arguments))


def copy_for_conversion(source: BinaryIO, _arguments: bytes) -> bytes:
    """Return a DOCX as it is to be converted."""
    return docx_copy.copy_docx_for_conversion(source)
