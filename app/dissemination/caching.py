"""What caches may keep of an answer (RFC 9111). None uses it again unasked: so a withdrawal counts at once, everywhere.

What members read, their own browser may keep, and no cache in between. What everybody reads, any cache may keep.
"""

from typing import Final

from app.dissemination.catalogue import Catalogue

MEMBERS_ONLY: Final = "private, no-cache"
FRESH: Final = "public, no-cache"


def of(catalogue: Catalogue) -> str:
    """For an answer from that catalogue."""
    return FRESH if catalogue.is_public else MEMBERS_ONLY
