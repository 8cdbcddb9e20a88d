"""What the states of portal and read path have in common: store, templates, identity provider, pending sign-ins."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self, TypedDict
from urllib.parse import urlsplit

from starlette.requests import Request

from app.core.storage import Store
from app.domain.identity.models.claims import ClaimNames
from app.http.oidc.provider import IdentityProvider
from app.http.oidc.sealed_cookies import AttemptCookies, ReplayGuard, TokenSealer
from app.http.static_files import StaticAssets
from app.http.templates import PageTemplates
from app.settings import Settings

TEMPLATE_FOLDER = Path(__file__).parents[2] / "templates"


@dataclass(frozen=True, slots=True)
class SignInSealers:
    """Encrypt what the browser keeps of its sign-ins: those under way, why the last one was refused, and the ID token
    for the sign-out."""

    attempts: TokenSealer
    refusals: TokenSealer
    sign_out_hints: TokenSealer

    @classmethod
    def derive(cls, secret: str, whose: str) -> Self:
        """Derive the keys from the secret of an application; `whose` sign-ins they are. Raises ValueError if weak."""
        return cls(
            attempts=TokenSealer(secret, f"sign-in of {whose}"),
            refusals=TokenSealer(secret, f"refused sign-in of {whose}"),
            sign_out_hints=TokenSealer(secret, f"sign-out of {whose}"),
        )


@dataclass(frozen=True, slots=True)
class ServerState:
    """The shared objects of one process of either application. Subclasses name their cookies of a sign-in."""

    browser_cookie: ClassVar[str]
    attempt_cookie: ClassVar[str]
    refusal_cookie: ClassVar[str]
    sign_out_hint_cookie: ClassVar[str]

    settings: Settings
    public_url: str
    store: Store
    templates: PageTemplates
    assets: StaticAssets
    provider: IdentityProvider
    claim_names: ClaimNames
    sign_in_sealers: SignInSealers
    replay_guard: ReplayGuard

    @property
    def is_secure(self) -> bool:
        """Whether cookies are restricted to TLS; off on loopback only."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def callback_url(self) -> str:
        """The address to which the identity provider sends a person back."""
        return f"{self.public_url}/sign-in/callback"

    def cookie_name(self, name: str) -> str:
        """Return the name of a cookie, with the `__Host-` prefix over TLS (RFC 6265bis)."""
        return f"__Host-{name}" if self.is_secure else name

    def open_sign_in_attempts(self, request: Request) -> AttemptCookies:
        """Open the pending sign-ins of a browser, which are encrypted cookies: no table grows by starting one."""
        return AttemptCookies(
            self.sign_in_sealers.attempts,
            self.replay_guard,
            request.cookies,
            secure=self.is_secure,
            name=self.attempt_cookie,
        )


class ServerStateFields(TypedDict):
    """The fields of `ServerState`, to construct one of its subclasses with them."""

    settings: Settings
    public_url: str
    store: Store
    templates: PageTemplates
    assets: StaticAssets
    provider: IdentityProvider
    claim_names: ClaimNames
    sign_in_sealers: SignInSealers
    replay_guard: ReplayGuard


def open_server_state(
    settings: Settings,
    templates: PageTemplates,
    assets: StaticAssets,
    store: Store,
    client: tuple[str, str, str],
    sign_in_sealers: SignInSealers,
) -> ServerStateFields:
    """Create the common objects; `client` is the application at its provider: issuer, client id and secret."""
    provider = IdentityProvider(
        *client,
        settings.oidc_algorithms,
        settings.oidc_scopes,
        settings.oidc_acr,
        allow_demo=settings.demo,
        other_origins=settings.oidc_origins,
    )
    claim_names = ClaimNames(
        membership=settings.claim_membership,
        entity=settings.claim_entity,
        entity_name=settings.claim_entity_name,
        roles=settings.claim_roles,
        name=settings.claim_name,
        email=settings.claim_email,
        email_verified=settings.claim_that_verifies_email,
        locale=settings.claim_locale,
    )
    return ServerStateFields(
        settings=settings,
        public_url=templates.origin,
        store=store,
        templates=templates,
        assets=assets,
        provider=provider,
        claim_names=claim_names,
        sign_in_sealers=sign_in_sealers,
        replay_guard=ReplayGuard(),
    )
