"""Addresses of documents by their symbol, as those of outputs on their public site: `/documents/CWG-Internet-22-8`."""

import re
from uuid import UUID

from starlette.convertors import Convertor, register_url_convertor

SLUG_PARTS = re.compile("([A-Za-z][A-Za-z0-9-]*)-([0-9]{1,6})-(?:([A-Z]{1,3})-)?([0-9]{1,6})")


class SymbolSlugConvertor(Convertor[str]):
    """Path convertor of symbols whose space and slashes are hyphens. No identifier of a document matches."""

    regex = re.sub(r"\((?!\?)", "(?:", SLUG_PARTS.pattern)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("symbol", SymbolSlugConvertor())


def parse_symbol_slug(slug: str) -> str:
    """Parse a path segment into a symbol; empty if it is none."""
    parts = SLUG_PARTS.fullmatch(slug)
    prefix, *numbers = parts.groups() if parts else ("",)
    return f"{prefix} {'/'.join(filter(None, numbers))}".strip()


def parse_document_key(key: str) -> UUID | str:
    """Parse the last segment of the address of a document into its identifier or its symbol; empty if it is neither."""
    try:
        return UUID(key)
    except ValueError:
        return parse_symbol_slug(key)


def format_document_path(document_id: UUID, symbol: str) -> str:
    """Return the address of a document by its symbol, or by its identifier if a symbol of that form has none."""
    slug = re.sub("[ /]", "-", symbol)
    return f"/documents/{slug if parse_symbol_slug(slug) == symbol else document_id}"
