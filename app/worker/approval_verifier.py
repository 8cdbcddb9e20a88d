"""Verifies the sign-in behind an approval, with the keys of the identity provider."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from app.core import clock
from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _
from app.domain.outputs.rules.approvals import (
    APPROVAL_WINDOW,
    LONGEST_RETURN,
    MAX_SIGN_IN_AGE,
    ApprovalStatement,
    GivenApproval,
)
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.http_client import TransportFactory
from app.http.oidc.provider import IdentityProvider
from app.http.oidc.strict_json import JSONObject
from app.http.oidc.verifier import ExpectedIdToken, verify_kept_id_token
from app.settings import Settings

log = structlog.get_logger(__name__)
MAX_CHECK_DELAY = timedelta(days=1)
"""How old an ID token may be when it is checked, by the worker's own clock. When it was used says only the portal."""


class UnknownProviderKey(Exception):
    """No key that the identity provider publishes now may have signed an ID token."""


@dataclass(frozen=True, slots=True)
class ApprovalVerifier:
    """Compares approvals with this portal and its identity provider.

    `transport` creates transports to the provider; tests pass their own.
    """

    settings: Settings
    transport: TransportFactory | None = None

    def find_fault(self, given: GivenApproval, released_at: datetime | None = None) -> str | None:
        """Find why an approval does not count, as one word; None if its sign-in is genuine, recent and about it.

        `released_at` is when readers got what it approves, unchecked: then the sign-in has to be of before, and the
        check may be late. A fault is final, so it is in the approval itself. Raises Unavailable without the keys of the
        provider, and UnknownProviderKey if none of them may have signed: it may publish that one later, until the token
        is too old.
        """
        if not given.id_token or not given.statement:
            return "no-token"
        statement, person = ApprovalStatement.parse(given.statement), given.person
        if statement is None or not statement.is_about(given.output, person, given.translation):
            return "statement"
        if statement.approved_digest != given.digest:
            return "statement"
        if statement.portal != self.settings.portal_url:
            return "portal"
        if released_at and given.approved_at > released_at:
            return "after-release"
        oldest = datetime.min.replace(tzinfo=UTC) if released_at else clock.now() - MAX_CHECK_DELAY
        try:
            claims = asyncio.run(self._verify_id_token(given.id_token, statement, given.approved_at, oldest))
        except OidcVerificationError as error:
            if error.cause != "key":
                return error.cause
            if given.approved_at < clock.now() - MAX_CHECK_DELAY:
                return "late"
            raise UnknownProviderKey from error
        return None if (person.issuer, person.subject) == (claims["iss"], claims["sub"]) else "subject"

    async def _verify_id_token(
        self, id_token: str, statement: ApprovalStatement, approved_at: datetime, issued_after: datetime
    ) -> JSONObject:
        """Return the claims of the ID token of an approval. Raises OidcVerificationError, Unavailable."""
        provider = self._open_provider()
        await _require_keys(provider)
        return await verify_kept_id_token(
            id_token,
            provider.keys,
            self._expect(provider, statement),
            used_at=approved_at,
            max_delay=APPROVAL_WINDOW + LONGEST_RETURN,
            issued_after=issued_after,
        )

    def _open_provider(self) -> IdentityProvider:
        """Create a client of the provider for each check: its caches belong to one event loop."""
        return IdentityProvider(
            *self.settings.portal_provider(),
            self.settings.oidc_algorithms,
            self.settings.oidc_scopes,
            allow_demo=self.settings.demo,
            other_origins=self.settings.oidc_origins,
            transport=self.transport,
        )

    def _expect(self, provider: IdentityProvider, statement: ApprovalStatement) -> ExpectedIdToken:
        """Return what the ID token of an approval with this statement must contain."""
        return ExpectedIdToken(
            issuer=provider.issuer,
            client_id=provider.client_id,
            algorithms=provider.algorithms,
            nonce=statement.nonce,
            max_age=int(MAX_SIGN_IN_AGE.total_seconds()),
            acr=self.settings.step_up_acr or self.settings.oidc_acr,
        )


async def _require_keys(provider: IdentityProvider) -> None:
    """Fetch the keys of the provider, before anything is said about a token.

    A page of maintenance, a redirect or a wrong address says nothing about it. Raises Unavailable.
    """
    try:
        keys = await provider.keys.cached_keys.get()
    except OidcVerificationError as error:
        log.warning("the keys of the identity provider could not be fetched", cause=error.cause)
        raise _keys_missing_error() from error
    if not keys:
        log.warning("the identity provider publishes no usable key")
        raise _keys_missing_error()


def _keys_missing_error() -> Unavailable:
    return Unavailable(_("The sign-in service is not responding. Try again in a few minutes."))
