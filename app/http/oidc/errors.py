"""The error of this package: a short cause for the log, one sentence for people that helps no attacker."""

from app.core.errors import DomainError
from app.core.i18n import lazy_gettext as _


class OidcVerificationError(DomainError):
    """Data from the identity provider, or claiming to be, failed verification; no one is signed in.

    `cause` is a short word for the log, such as `signature` or `nonce`; it never contains received data.
    """

    status = 400

    def __init__(self, cause: str) -> None:
        super().__init__(
            _(
                "You could not be signed in, because the answer of the sign-in service did not pass our checks. "
                "Please begin again from the sign-in page; if it happens once more, tell the secretariat."
            )
        )
        self.cause = cause

    def __str__(self) -> str:
        return self.cause
