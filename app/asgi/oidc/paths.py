"""Targets of the redirect after a sign-in: paths of this site only."""

import unicodedata
from urllib.parse import urlsplit

LONGEST = 1000  # bytes: it has to fit into an encrypted cookie, even if every character is escaped there
HOME = "/"


def safe_path(wished: str | None) -> str:
    """Return the path (and query) if it is one on this host, otherwise `/`.

    Rejected: other hosts and schemes (`//host`, `https:…`), backslashes, which browsers read as slashes, control
    characters and space, which they drop, and the sign-in pages themselves (CVE-2026-41479 is an example of laxer
    checks).
    """
    if (
        not wished
        or len(wished.encode(errors="surrogatepass")) > LONGEST
        or not wished.startswith("/")
        or wished.startswith("//")
    ):
        return HOME
    if "\\" in wished or any(unicodedata.category(character)[0] in "CZ" for character in wished):
        return HOME
    try:
        parts = urlsplit(wished)
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or parts.path.startswith(("/sign-in", "/sign-out")):
        return HOME
    return wished
