"""Rules for drawings in SVG: which run scripts or load something from outside (SVG 2, CSS Syntax 3)."""

import re

from app.core.inspection.links import LinkKind, classify_link
from app.core.inspection.xml import XmlTag

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
XHTML_NAMESPACE = "http://www.w3.org/1999/xhtml"
EXTERNAL_PATTERN = re.compile(r"@import|image-set\(|url\(\s*+[\"']?+(?!#|data:)", re.IGNORECASE)
ESCAPE_PATTERN = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
ACTIVE_ELEMENTS = {"script", "foreignObject", "handler", "listener"}
LAST_CHARACTER = 0x10FFFF


def is_active_element(tag: XmlTag, values: dict[str, str]) -> bool:
    """Return whether an element runs a script or loads something from outside; a link in it may lead to the web."""
    targets = [value.strip() for name in ("href", "xlink:href") if (value := values.get(name))]
    if tag.name == "a":
        has_bad_target = any(classify_link(target) is LinkKind.STARTING for target in targets)
    else:
        has_bad_target = not all(target.startswith(("#", "data:image/")) for target in targets)
    changed = values.get("attributeName", "").strip().casefold()  # by an animation
    return (
        tag.name in ACTIVE_ELEMENTS
        or has_bad_target
        or changed.startswith("on")
        or changed.endswith("href")
        or any(name.startswith("on") or loads_outside(value) for name, value in values.items())
    )


def loads_outside(style: str) -> bool:
    """Return whether a style loads something from outside, also where its letters are escaped."""
    if "\\" in style:
        style = ESCAPE_PATTERN.sub(lambda match: read_escape(match[1], match[2]), style)
    return EXTERNAL_PATTERN.search(style) is not None


def read_escape(number: str | None, character: str | None) -> str:
    """Return the character that an escape in a style means."""
    code = int(number or "0", 16)
    return character or chr(code if code <= LAST_CHARACTER else 0)
