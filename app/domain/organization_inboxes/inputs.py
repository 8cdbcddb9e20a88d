"""Inputs about keys and inboxes of organizations."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from app.core.i18n import lazy_gettext as _
from app.core.signing import PublicKey
from app.core.validation import InputModel, ValidationMessageError

PUBLISHED_KEYS = (
    "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=",
    "Kay64UG8yvCyLhqU000LxzYeUm0L/hLIl5S8kyKWbdc=",
)
HOST_PATTERN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:.]+")


def _strip(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _require_public_key(value: str) -> str:
    """Return the key in standard base64. Raises ValidationMessageError for what is no key, and for an example of
    docs/liaisons.md, whose private half everybody has."""
    try:
        key = PublicKey.parse(value).text
    except ValueError:
        raise ValidationMessageError(
            _("Enter the public key: an Ed25519 key of 32 bytes in base64, 44 characters.")
        ) from None
    if key in PUBLISHED_KEYS:
        raise ValidationMessageError(_("This key is an example that is published. Enter the key of the organization."))
    return key


def _require_https_address(value: str) -> str:
    """Return the address. Raises ValidationMessageError for one that is not https, or has parts that no inbox needs."""
    try:
        parts = urlsplit(value)
        is_plain = parts.port != 0 and "@" not in parts.netloc and not parts.fragment
    except ValueError:
        raise ValidationMessageError(NOT_HTTPS) from None
    host = parts.hostname or ""
    if not (value.isascii() and value.isprintable() and is_plain and " " not in value and "\\" not in value):
        raise ValidationMessageError(NOT_HTTPS)
    if parts.scheme != "https" or not HOST_PATTERN.fullmatch(host):
        raise ValidationMessageError(NOT_HTTPS)
    return value


NOT_HTTPS = _("Enter an address that begins with https:// and contains no name, password or fragment.")
InboxAddress = Annotated[
    str, BeforeValidator(_strip), StringConstraints(max_length=300), AfterValidator(_require_https_address)
]


class NewInbox(InputModel):
    """The public key of an organization and, if it receives by machine, the address of its inbox."""

    public_key: Annotated[
        str,
        BeforeValidator(_strip),
        StringConstraints(min_length=1, max_length=64),
        AfterValidator(_require_public_key),
    ]
    address: InboxAddress | None = None
