"""The XML reader is bounded in what a single tag costs, whichever expat is there."""

from collections.abc import Iterator

import pytest

from app.core.inspection.findings_collector import FindingsCollector, InspectionStopped
from app.core.inspection.xml import MAX_TAG_BYTES, XmlPartReader, XmlTag, parse_xml_part

CHUNK = 65536


class Seen(XmlPartReader):
    """Notes the length of the attributes, and of the text."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []
        self.text = 0

    def start_element(self, tag: XmlTag, values: dict[str, str]) -> None:  # noqa: ARG002 - as its base
        self.lengths += [len(value) for value in values.values()]

    def characters(self, content: str) -> None:
        self.text += len(content)


def pieces(before: bytes, length: int, after: bytes) -> Iterator[bytes]:
    yield before
    for _ in range(length // CHUNK):
        yield b"x" * CHUNK
    yield after


def test_a_long_attribute_is_read_as_word_writes_it() -> None:
    seen = Seen()

    parse_xml_part(pieces(b'<a b="', MAX_TAG_BYTES // 2, b'"/>'), seen, "part", FindingsCollector())

    assert seen.lengths == [MAX_TAG_BYTES // 2]


def test_long_text_is_not_a_long_tag() -> None:
    seen = Seen()

    parse_xml_part(pieces(b"<a>", 3 * MAX_TAG_BYTES, b"</a>"), seen, "part", FindingsCollector())

    assert seen.text == 3 * MAX_TAG_BYTES


@pytest.mark.parametrize(
    ("before", "after"), [(b'<a b="', b'"/>'), (b"<a><!--", b"--></a>"), (b"<a><?b ", b"?></a>"), (b"<", b"/>")]
)
def test_a_tag_without_an_end_is_given_up_after_a_bound(before: bytes, after: bytes) -> None:
    chunks = pieces(before, 6 * MAX_TAG_BYTES, after)

    with pytest.raises(InspectionStopped):
        parse_xml_part(chunks, Seen(), "part", FindingsCollector())

    assert sum(len(chunk) for chunk in chunks) > 3 * MAX_TAG_BYTES  # what was not read any more
