"""Where a sign-in may lead: to a path of ours and nowhere else."""

import unicodedata
from urllib.parse import urlsplit

LONGEST = 1000  # bytes: it has to fit into a sealed cookie, even if every sign of it is escaped there
HOME = "/"


def safe_path(wished: str | None) -> str:
    """`wished` if it is a path (and query) on this host, otherwise `/`.

    Refused: other hosts and schemes (`//host`, `https:…`), backslashes, which browsers read as slashes, control
    characters and space, which they drop, and the sign-in pages themselves (CVE-2026-41479 shows what comes of less).
    """
    if (
        not wished
        or len(wished.encode(errors="surrogatepass")) > LONGEST
        or not wished.startswith("/")
        or wished.startswith("//")
    ):
        return HOME
    if "\\" in wished or any(unicodedata.category(sign)[0] in "CZ" for sign in wished):
        return HOME
    try:
        parts = urlsplit(wished)
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or parts.path.startswith(("/sign-in", "/sign-out")):
        return HOME
    return wished
