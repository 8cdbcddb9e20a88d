"""The portal's signer, which the sessions of the portal and of the worker carry, so that no action hands it on."""

from app.core.db import WriteSession
from app.core.signing import Signer

SIGNER_KEY = "sign"
"""Key of the signer in the `info` of a session (see `app.core.db.write_session_factory`)."""


def signer_of(session: WriteSession) -> Signer:
    """Return the signer that the session carries. Raises RuntimeError if there is none."""
    signer = session.info.get(SIGNER_KEY)
    if not isinstance(signer, Signer):
        raise RuntimeError("this session was given nothing to sign with")
    return signer
