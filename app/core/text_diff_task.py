"""Compares texts in a confined process: the function of that task, and the form of its answer."""

import json
from collections.abc import Sequence
from typing import BinaryIO

from app.core.text_diff import ChangeKind, DiffParagraph, DiffPiece, diff_paragraphs

TextPair = tuple[Sequence[str], Sequence[str]]
"""The paragraphs of an old and of a new text."""


def compare_texts(source: BinaryIO, _arguments: bytes) -> bytes:
    """Return the differences of each pair of texts in the source (JSON), as JSON."""
    pairs: list[TextPair] = json.loads(source.read())
    return json.dumps([[_to_json(paragraph) for paragraph in diff_paragraphs(*pair)] for pair in pairs]).encode()


def parse_differences(answer: bytes) -> list[list[DiffParagraph]]:
    """Parse the answer. Raises ValueError for anything else."""
    try:
        return [[_from_json(kind, pieces) for kind, pieces in paragraphs] for paragraphs in json.loads(answer)]
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error


def _to_json(paragraph: DiffParagraph) -> tuple[str, list[tuple[str, str]]]:
    return paragraph.kind.value, [(piece.kind.value, piece.text) for piece in paragraph.pieces]


def _from_json(kind: str, pieces: Sequence[tuple[str, str]]) -> DiffParagraph:
    """Build a paragraph. Raises ValueError or TypeError if it is none."""
    read = [DiffPiece(ChangeKind(piece_kind), str(text)) for piece_kind, text in pieces]
    return DiffParagraph(ChangeKind(kind), tuple(read))
