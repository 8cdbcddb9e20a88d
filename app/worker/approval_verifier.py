"""Verifies the sign-in behind an approval, with the keys of the identity provider."""

import asyncio
from dataclasses import dataclass

from app.domain.identity.models.tables import Person
from app.domain.outputs.models import Approval, Output
from app.domain.outputs.rules.approvals import APPROVAL_WINDOW, LONGEST_RETURN, MAX_SIGN_IN_AGE, ApprovalStatement
from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.http_client import TransportFactory
from app.http.oidc.provider import IdentityProvider
from app.http.oidc.verifier import ExpectedIdToken, verify_kept_id_token
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class ApprovalVerifier:
    """Compares approvals with this portal and its identity provider.

    `transport` creates transports to the provider; tests pass their own.
    """

    settings: Settings
    transport: TransportFactory | None = None

    def find_fault(self, approval: Approval, output: Output, person: Person) -> str | None:
        """Find why an approval does not count, as one word; None if its sign-in is genuine, recent and about it.

        Raises Unavailable without the keys of the provider.
        """
        if not approval.id_token or not approval.statement:
            return "no-token"
        statement = ApprovalStatement.parse(approval.statement)
        if statement is None or not statement.is_about(output, person) or statement.text != approval.text_digest:
            return "statement"
        if statement.portal != self.settings.portal_url:
            return "portal"
        provider = self._open_provider()
        try:
            claims = asyncio.run(
                verify_kept_id_token(
                    approval.id_token,
                    provider.keys,
                    self._expect(provider, statement),
                    used_at=approval.approved_at,
                    max_delay=APPROVAL_WINDOW + LONGEST_RETURN,
                )
            )
        except OidcVerificationError as error:
            return error.cause
        return None if (person.issuer, person.subject) == (provider.issuer, claims["sub"]) else "subject"

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
