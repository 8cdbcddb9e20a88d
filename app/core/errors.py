"""The one small family of refusals. Each says, in words meant for the person, what to do about it.

    Refusal
      Unknown       404  there is no such thing, or it is not yours to see: one answer for both
      Forbidden     403  you may see it, but not do this; the reason is said
      Gone          410  it was there for everybody, and was withdrawn; where it stood says why
      Conflict      409  it changed meanwhile, or was done already
      Unacceptable  400  what was handed in cannot be taken; the reason is said
      Expired       401  nobody is signed in (any more)
      TooMuch       413  larger than may be handed in
      Unavailable   503  something we need does not answer just now

Anything else that is raised is a fault of ours and is reported as one.
"""

from app.core.i18n import Text, say


class Refusal(Exception):  # noqa: N818 - the word the house uses
    """Says no, and why. `reason` is translated when it is shown."""

    status = 400

    def __init__(self, reason: Text) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Unknown(Refusal):
    status = 404

    def __init__(self, reason: Text | None = None) -> None:
        super().__init__(reason or say("There is no such page, or it is not yours to see."))


class Forbidden(Refusal):
    status = 403


class Gone(Refusal):
    status = 410


class Conflict(Refusal):
    status = 409


class Stale(Conflict):
    """It was decided on something that looks different now."""

    def __init__(self) -> None:
        super().__init__(say("This was changed after you opened the page. Look at it as it is now, then decide again."))


class Unacceptable(Refusal):
    status = 400


class Expired(Refusal):
    status = 401


class TooMuch(Refusal):
    status = 413


class Unavailable(Refusal):
    status = 503
