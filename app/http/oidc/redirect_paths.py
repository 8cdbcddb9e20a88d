"""Targets of the redirect after a sign-in: paths of this site only."""

import unicodedata
from urllib.parse import urlsplit

MAX_PATH_BYTES = 1000  # bytes: it has to fit into an encrypted cookie, even if every character is escaped there
HOME_PATH = "/"


def safe_redirect_path(path: str | None) -> str:
    """Return the path (and query) if it is one on this host, otherwise `/`.

    Rejected: other hosts and schemes (`//host`, `https:…`), backslashes, which browsers read as slashes, control
    characters and space, which they drop, and the sign-in pages themselves (CVE-2026-41479 is an example of laxer
    checks).
    """
    if (
        not path
        or len(path.encode(errors="surrogatepass")) > MAX_PATH_BYTES
        or not path.startswith("/")
        or path.startswith("//")
    ):
        return HOME_PATH
    if "\\" in path or any(unicodedata.category(character)[0] in "CZ" for character in path):
        return HOME_PATH
    try:
        parts = urlsplit(path)
    except ValueError:
        return HOME_PATH
    if parts.scheme or parts.netloc or parts.path.startswith(("/sign-in", "/sign-out")):
        return HOME_PATH
    return path
