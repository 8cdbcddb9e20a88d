"""Errors that a request may end with. Each tells the person, in a translated sentence, what to do about it.

    DomainError
      NotFound         404  it does not exist, or the person may not see it: one answer for both
      Forbidden        403  the person may see it, but not do this; the reason is given
      Gone             410  it was public and was withdrawn; its page gives the reason
      Conflict         409  it was changed meanwhile, or was done already
      BadRequest       400  what was sent cannot be accepted; the reason is given
      Unauthenticated  401  no one is signed in (any more)
      PayloadTooLarge  413  larger than may be sent
      TooManyRequests  429  too much at once by one person or one State; it works a little later
      Unavailable      503  a service that is needed does not answer just now

Any other exception is a fault of the program and is reported as one.
"""

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _


class DomainError(Exception):
    """Base of all errors with an HTTP status and a reason that is translated when it is shown."""

    status = 400

    def __init__(self, reason: LazyText) -> None:
        super().__init__(str(reason))
        self.reason = reason


class NotFound(DomainError):
    """It does not exist, or the person may not see it."""

    status = 404

    def __init__(self, reason: LazyText | None = None) -> None:
        super().__init__(reason or _("This page does not exist, or you do not have access to it."))


class Forbidden(DomainError):
    """The person may not do this."""

    status = 403


class FormExpired(Forbidden):
    """The form is too old, or was not sent from a page made for this person."""


class Gone(DomainError):
    """It was withdrawn."""

    status = 410


class Conflict(DomainError):
    """It was changed meanwhile, or was done already."""

    status = 409


CHANGED_MEANWHILE = _("This was changed after you opened the page. Review the current version, then decide again.")


class Stale(Conflict):
    """The person decided on a version that is out of date."""

    def __init__(self, reason: LazyText = CHANGED_MEANWHILE) -> None:
        super().__init__(reason)


class BadRequest(DomainError):
    """The input cannot be accepted."""

    status = 400


class Unauthenticated(DomainError):
    """No one is signed in, or the session has ended."""

    status = 401


class PayloadTooLarge(DomainError):
    """The input is larger than allowed."""

    status = 413


class TooManyRequests(DomainError):
    """One person, or one State, asks for too much at once."""

    status = 429


class Unavailable(DomainError):
    """A service that is needed does not answer just now. `cause` is for operators, and is never on a page."""

    status = 503

    def __init__(self, reason: LazyText, cause: str = "") -> None:
        super().__init__(reason)
        self.cause = cause


def require_version(row_version: int, seen_version: int | None, reason: LazyText = CHANGED_MEANWHILE) -> None:
    """Raise Stale with this reason unless the row is still at the version that the person saw."""
    if row_version != seen_version:
        raise Stale(reason)
