"""The error of this package: a short cause for the log, one sentence for people that helps no attacker."""

from app.core.errors import DomainError, Unavailable
from app.core.i18n import lazy_gettext as _


class OidcVerificationError(DomainError):
    """Data from the identity provider, or claiming to be, failed verification; no one is signed in.

    `cause` is a short word for the log, such as `signature` or `nonce`; it never contains received data.
    """

    status = 400

    def __init__(self, cause: str) -> None:
        super().__init__(_("The response from the sign-in service failed our security checks."))
        self.cause = cause

    def __str__(self) -> str:
        return self.cause


class SignInCancelled(OidcVerificationError):
    """The person cancelled the sign-in at the provider, or the provider did not let them in; nothing was done."""

    def __init__(self) -> None:
        super().__init__("provider-access_denied")


class SignInExpired(OidcVerificationError):
    """The sign-in that a browser comes back from is not one that it has under way: it was used, or took too long."""


class ProviderFault(OidcVerificationError):
    """The provider says that it cannot sign anybody in at present."""


class ProviderUnavailable(Unavailable):
    """The provider does not answer."""

    def __init__(self) -> None:
        super().__init__(_("The sign-in service is not responding. Try again in a few minutes."))
        self.cause = "provider-unavailable"
