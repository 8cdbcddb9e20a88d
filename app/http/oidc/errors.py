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


class SignInCancelled(OidcVerificationError):
    """The person cancelled the sign-in at the provider, or the provider did not let them in; nothing was done.

    `next_path` is the page that they wanted.
    """

    def __init__(self, next_path: str) -> None:
        super().__init__("provider-access_denied")
        self.reason = _("The sign-in was cancelled at the sign-in service, or the service did not let you in.")
        self.next_path = next_path
