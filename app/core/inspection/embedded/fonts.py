"""Embedded fonts of a DOCX, whose first bytes are mixed with a key (ECMA-376 part 1, 17.8.1)."""

import re

from app.core.inspection.docx_relations import PartRelationsReader
from app.core.inspection.xml import XmlPartReader, XmlTag

PROGRAM_PATTERN = re.compile(rb"MZ(?=.{58}(?P<at>.{4}))|\x7fELF|\xca\xfe\xba\xbe|[\xcf\xce]\xfa\xed\xfe", re.DOTALL)
FONT_SIGNATURES = (b"\0\1\0\0", b"OTTO", b"ttcf", b"true")
KEY_DIGITS = 32


class FontKeysReader(XmlPartReader):
    """SAX handler for the table of fonts: `keys` has the keys of each embedded font by the name of its part."""

    def __init__(self, relations: PartRelationsReader) -> None:
        super().__init__()
        self.targets = {relation.identifier: relation.target for relation in relations.relations}
        self.keys: dict[str, list[bytes]] = {}

    def start_element(self, _: XmlTag, values: dict[str, str]) -> None:
        """Store the key of an embedded font."""
        digits = values.get(":fontKey", "").strip("{}").replace("-", "")
        target = self.targets.get(values.get("r:id", ""))
        if target and len(digits) == KEY_DIGITS:
            try:
                self.keys.setdefault(target, []).append(bytes.fromhex(digits)[::-1])
            except ValueError:
                return


def is_font(start: bytes, keys: list[bytes]) -> bool:
    """Return whether a part begins as a font does, with one of the keys or without any, and is no program as it is."""
    program = PROGRAM_PATTERN.match(start)
    if program and (program["at"] is None or start.startswith(b"PE\0\0", int.from_bytes(program["at"], "little"))):
        return False
    plain = [bytes(byte ^ key[at % len(key)] for at, byte in enumerate(start[:16])) for key in keys]
    return any(each.startswith(FONT_SIGNATURES) for each in (start, *plain))
