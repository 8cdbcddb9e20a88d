"""Cache-Control of the read path (RFC 9111). Every cache revalidates before reuse, so a withdrawal takes effect at
once.

Members' answers may be cached by their own browser only, public answers by any cache.
"""

from typing import Final

from app.dissemination.catalogue import Catalogue

MEMBERS_CACHE_CONTROL: Final = "private, no-cache"
PUBLIC_CACHE_CONTROL: Final = "public, no-cache"


def cache_control_for(catalogue: Catalogue) -> str:
    """Return the Cache-Control value for answers from this catalogue."""
    return PUBLIC_CACHE_CONTROL if catalogue.is_public else MEMBERS_CACHE_CONTROL
