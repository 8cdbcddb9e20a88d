"""All settings with their descriptions. The only module that reads the environment; built once and passed down."""

import os
from collections.abc import Sequence
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from app.alarm_settings import AlarmSettings
from app.core.addresses import LOOPBACK_HOSTS
from app.core.file_service.client import FileServiceOptions
from app.core.signing import SigningPurpose
from app.courier_settings import CourierSettings
from app.database_settings import DatabaseSettings
from app.file_service_settings import FileServiceSettings
from app.key_settings import CommaSeparated, KeySettings
from app.mail_settings import MailSettings
from app.store_settings import StoreSettings

DEFAULT_PORTS = {"http": 80, "https": 443}
DEMO_ISSUER_PATH = "/demo-provider"
MIN_STEP_UP_MINUTES = 5
MAX_READ_SESSION_MINUTES = 12 * 60


class Settings(
    KeySettings, DatabaseSettings, StoreSettings, AlarmSettings, FileServiceSettings, CourierSettings, MailSettings
):
    """Each field is the environment variable `CWG_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="CWG_", frozen=True, extra="ignore", hide_input_in_errors=True)

    secrets: str = Field(
        "", description="Folder in which a file named like a setting (cwg_session_secret) holds its value; for secrets."
    )
    demo: bool = Field(False, description="Set by `make demo` for its own processes: allows its identity provider.")
    backup_recipient: str = Field(
        "",
        pattern="^(age1[a-z0-9]+)?$",
        description="Public key (age1…) for which backups are encrypted; its private key decrypts them. Empty:"
        " backups are plain files.",
    )
    fixity_days: int = Field(
        30, ge=1, le=365, description="Every file of the stores is read again within so many days."
    )
    clamd: str = Field(
        "", description="ClamAV's daemon, as host:port or the path of its socket; empty: files are not scanned."
    )
    largest_file: int = Field(100 * 1024 * 1024, ge=1024, description="Largest file that is accepted, in bytes.")

    read_url: str = Field(
        "http://127.0.0.1:8001", description="Public address of the read path; any other Host is refused."
    )

    oidc_issuer: str = Field("", description="The identity provider, exactly as in its discovery document.")
    oidc_client_id: str = Field("", description="The portal's client id at the identity provider.")
    oidc_algorithms: CommaSeparated = Field(
        ("RS256",), description="Accepted signature algorithms, separated by commas."
    )
    oidc_scopes: str = Field("openid profile email", description="Requested scopes.")
    oidc_origins: CommaSeparated = Field(
        (),
        description="Other origins, separated by commas, at which the provider keeps an endpoint (Entra's userinfo).",
    )
    oidc_acr: str = Field("", description="Required authentication class (acr); empty: none.")
    read_oidc_issuer: str = Field("", description="Identity provider of the read path; empty: the portal's.")
    read_oidc_client_id: str = Field("", description="The read path's client id; empty: the portal's.")
    claim_membership: str = Field(
        "membership", description="Claim with the membership category; a dot separates levels."
    )
    claim_entity: str = Field("entity", description="Claim with the code of the State or member.")
    claim_entity_name: str = Field("entity_name", description="Claim with the name of the member.")
    claim_roles: str = Field("roles", description="Claim with the list of roles.")
    claim_name: str = Field("name", description="Claim with the name of the person.")
    claim_email: str = Field("email", description="Claim with the mail address of the person.")
    claim_email_verified: str = Field(
        "",
        description="Claim that says, by `true`, that this mail address is verified; empty: `email_verified` if the "
        "address is in `email`, else none.",
    )
    claim_locale: str = Field("locale", description="Claim with the language of the person.")

    stay_seconds: int = Field(
        5,
        ge=0,
        le=120,
        description="Seconds that a server goes on serving after SIGTERM while it is not ready, so that the proxy"
        " sends new requests elsewhere; longer than nginx keeps a connection to it (4 s).",
    )
    finish_seconds: int = Field(
        60,
        ge=1,
        le=3600,
        description="Seconds that uploads and other requests under way then get to end.",
    )
    session_idle_minutes: int = Field(
        120, ge=5, le=480, description="A session ends after so many minutes without a request."
    )
    session_hours: int = Field(12, ge=1, le=24, description="A session ends after so many hours in any case.")
    read_session_minutes: int = Field(
        60, ge=5, le=MAX_READ_SESSION_MINUTES, description="How long the read path's cookie is good for."
    )
    read_key_generation: int = Field(
        1, ge=1, description="Number of the keys in addresses of feeds and harvests; another one revokes all of them."
    )
    step_up_minutes: int = Field(
        15,
        ge=0,
        le=60,
        description="How many minutes old a sign-in may be for important acts (adopting, approving, releasing,"
        " withdrawing, seats, silence procedures), 5 to 60; 0, on loopback only: any.",
    )
    step_up_acr: str = Field(
        "", description="Authentication class (acr) that such acts need, as the provider calls it; empty: any."
    )
    upload_grace_minutes: int = Field(
        30,
        ge=0,
        le=240,
        description="Minutes after a deadline in which an upload that began before it may end.",
    )

    revision: str = Field(
        "",
        pattern=r"^[\w.+-]{0,64}$",
        description="What was built, such as a commit, for the metric `cwg_build_info`; the image brings it.",
    )
    metrics: str = Field(
        "",
        pattern=r"^(\S+:\d{1,5})?$",
        description="Where this process serves its metrics to Prometheus, as host:port of an address that nothing else"
        " reaches, such as 127.0.0.1:9100; one for each server and the worker; empty: nowhere.",
    )
    traces: str = Field(
        "",
        description="OTLP address over HTTP, such as https://collector.example.org:4318, to which portal and worker"
        " send traces: templates of routes, methods, status, names of jobs, kinds of statements, how long each took."
        " Empty: nowhere. Needs the extra `otel`. The read path sends none.",
    )
    secretariat_mail: str = Field(
        "", description="E-mail address that pages give for questions; empty: no address is shown."
    )

    client_address_header: str = Field(
        "", description="Header in which the web server in front sets the client's address; empty: the connection's."
    )
    security_contact: str = Field(
        "",
        description="Contact in security.txt (RFC 9116), with `mailto:` or `https:`; empty: the secretariat's e-mail.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there is none
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - its folder is fixed before CWG_SECRETS is read
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources in order of priority: arguments, environment, then the files of the folder in
        `CWG_SECRETS`."""
        folder = os.environ.get("CWG_SECRETS")
        files = [SecretsSettingsSource(settings_cls, secrets_dir=folder)] if folder else []
        return (init_settings, env_settings, *files)

    @field_validator("security_contact")
    @classmethod
    def check_security_contact(cls, value: str) -> str:
        """Raise ValueError unless it is empty or a URI of a kind that RFC 9116 allows, on one line."""
        if value and (not value.startswith(("mailto:", "https://")) or any(not 32 < ord(each) < 127 for each in value)):
            raise ValueError("must be an address such as mailto:security@example.org or https://example.org/security")
        return value

    @property
    def security_contact_uri(self) -> str:
        """Whom to tell of a weakness, as a URI; empty if no one is named."""
        return self.security_contact or (f"mailto:{self.secretariat_mail}" if self.secretariat_mail else "")

    @field_validator("oidc_algorithms")
    @classmethod
    def require_asymmetric_algorithms(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Raise ValueError unless all algorithms sign with a private and verify with a public key."""
        known = {f"{family}{size}" for family in ("RS", "PS", "ES") for size in (256, 384, 512)} | {"EdDSA", "Ed25519"}
        if not value or set(value) - known:
            raise ValueError(f"only signatures with a public key are believed: {', '.join(sorted(known))}")
        return value

    @field_validator("traces")
    @classmethod
    def check_collector_url(cls, value: str) -> str:
        """Return the address without a trailing slash. Raises ValueError unless it is an https address without query
        or user."""
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc):
            raise ValueError("must be an address, such as https://collector.example.org:4318")
        if parts.query or parts.fragment:
            raise ValueError("must end with the path: a token is given in OTEL_EXPORTER_OTLP_HEADERS")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            raise ValueError("must be https: plain http is for loopback only")
        return value.rstrip("/")

    @field_validator("portal_url", "read_url")
    @classmethod
    def check_origin(cls, value: str) -> str:
        """Return the origin without a trailing slash. Raises ValueError unless it is scheme and host as a browser
        writes them."""
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be scheme and host, such as https://portal.example.org")
        if (
            "@" in parts.netloc
            or parts.fragment
            or parts.netloc != parts.netloc.lower()
            or parts.port == DEFAULT_PORTS[parts.scheme]
        ):
            raise ValueError("must be written as a browser writes it: lower case, no user, no usual port, no fragment")
        return value.rstrip("/")

    @model_validator(mode="after")
    def require_https_beyond_loopback(self) -> Self:
        """Raise ValueError for plain http beyond loopback, and for the demo or its identity provider where it is not
        allowed."""
        addresses = (self.portal_url, self.read_url, self.oidc_issuer, self.read_oidc_issuer)
        if self.demo and any(urlsplit(address).hostname not in LOOPBACK_HOSTS for address in addresses if address):
            raise ValueError("the demo is for loopback addresses only")
        for address in (self.portal_url, self.read_url, self.oidc_issuer, self.read_oidc_issuer):
            parts = urlsplit(address)
            if address and parts.scheme not in {"http", "https"}:
                raise ValueError(f"{address} must begin with https://")
            if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
                raise ValueError(f"{address} must be https: plain http is for loopback only")
            if not self.demo and parts.path.startswith(DEMO_ISSUER_PATH):
                raise ValueError("the demo's identity provider signs anybody in; it is refused outside `make demo`")
        return self

    @property
    def claim_that_verifies_email(self) -> str:
        """Claim that says that the mail address is verified; empty if none says it of the claim that is read."""
        return self.claim_email_verified or ("email_verified" if self.claim_email == "email" else "")

    @model_validator(mode="after")
    def require_separate_resources(self) -> Self:
        """Raise ValueError if portal, worker and read path share a store, an address or a database role."""
        for one, other in (
            ("store_url", "release_store_url"),
            ("portal_url", "read_url"),
            ("database_url", "reader_database_url"),
            ("database_url", "worker_database_url"),
            ("worker_database_url", "reader_database_url"),
        ):
            value = getattr(self, one)
            if value and value == getattr(self, other):
                raise ValueError(f"CWG_{one.upper()} and CWG_{other.upper()} must differ: the two sides share nothing")
        return self

    @property
    def file_service_options(self) -> FileServiceOptions:
        """How the service that opens files is reached. Only the demo takes what isolation there is."""
        return FileServiceOptions(self.file_service, "" if self.file_service else self.soffice, self.demo)

    @model_validator(mode="after")
    def require_idle_limit_within_session(self) -> Self:
        """Raise ValueError if the idle limit of a session is longer than its absolute limit."""
        if self.session_idle_minutes > self.session_hours * 60:
            raise ValueError("CWG_SESSION_IDLE_MINUTES must not be longer than CWG_SESSION_HOURS: make it shorter")
        return self

    @model_validator(mode="after")
    def require_recent_sign_in_for_acts(self) -> Self:
        """Raise ValueError if acts would need no recent sign-in at a public address or though a class is set, or one
        that leaves no time."""
        if self.step_up_minutes == 0 and is_public_url(self.portal_url):
            raise ValueError("CWG_STEP_UP_MINUTES=0 is for loopback only: anyone at an unattended browser could adopt")
        if self.step_up_minutes == 0 and self.step_up_acr:
            raise ValueError(
                "CWG_STEP_UP_MINUTES=0 asks for nothing, so CWG_STEP_UP_ACR would not be checked: empty it"
            )
        if 0 < self.step_up_minutes < MIN_STEP_UP_MINUTES:
            raise ValueError(f"CWG_STEP_UP_MINUTES under {MIN_STEP_UP_MINUTES} leaves no time to read and to decide")
        return self

    @property
    def drain_seconds(self) -> int:
        """Seconds that a server serves on after SIGTERM; none in the demo, where no proxy is in front."""
        return 0 if self.demo else self.stay_seconds

    @property
    def is_public(self) -> bool:
        """True if portal or read path has an address beyond this machine."""
        return any(is_public_url(address) for address in (self.portal_url, self.read_url))

    def require_portal_settings(self) -> None:
        """Raise ValueError if the portal would have a weak secret, lack a key, or have a public address without an
        identity provider."""
        self.require_strong_secrets("session_secret", *self._mail_secrets)
        self.require_keys(signing=(SigningPurpose.RECEIPTS,), verifying=SigningPurpose)
        require_oidc_provider(self.portal_url, self.portal_provider())

    def require_read_path_settings(self) -> None:
        """Raise ValueError if the read path would have a weak secret, no public keys, or a public address without an
        identity provider."""
        self.require_strong_secrets("read_session_secret")
        self.require_keys(verifying=SigningPurpose)
        require_oidc_provider(self.read_url, self.read_path_provider(), "READ_")

    def require_worker_settings(self) -> None:
        """Raise ValueError if the worker would have a weak secret, or lack a key or the identity provider, whose
        keys verify the sign-ins behind approvals."""
        self.require_strong_secrets(*self._mail_secrets)
        self.require_keys(signing=(SigningPurpose.RELEASES, SigningPurpose.LEDGER), verifying=SigningPurpose)
        for name in ("oidc_issuer", "oidc_client_id"):
            if not getattr(self, name):
                raise ValueError(f"CWG_{name.upper()} is empty: give the worker the identity provider of the portal")

    @property
    def _mail_secrets(self) -> Sequence[str]:
        """The secrets of notifications by e-mail, if any are sent or links in earlier ones are to work."""
        return ("mail_secret",) if self.sends_mail or self.mail_secret.get_secret_value() else ()

    def portal_provider(self) -> tuple[str, str, str]:
        """Return issuer, client id and secret of the portal."""
        return self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret.get_secret_value()

    def read_path_provider(self) -> tuple[str, str, str]:
        """Return issuer, client id and secret of the read path, with the portal's values as defaults.

        The portal's secret is used only if the issuer is the same, so that it is never sent to another provider.
        """
        issuer, client = self.read_oidc_issuer or self.oidc_issuer, self.read_oidc_client_id or self.oidc_client_id
        secret = self.read_oidc_client_secret.get_secret_value()
        if issuer == self.oidc_issuer:
            secret = secret or self.oidc_client_secret.get_secret_value()
        return issuer, client, secret


def is_public_url(url: str) -> bool:
    """Return whether the host of an address is not loopback."""
    return urlsplit(url).hostname not in LOOPBACK_HOSTS


def require_oidc_provider(url: str, provider: tuple[str, str, str], prefix: str = "") -> None:
    """Raise ValueError, naming the setting, if a public address lacks issuer, client id or secret."""
    for name, value in zip(("ISSUER", "CLIENT_ID", "CLIENT_SECRET"), provider, strict=True):
        if is_public_url(url) and not value:
            raise ValueError(
                f"CWG_{prefix}OIDC_{name} is empty, so no person could sign in at {url}:"
                " register the address at the identity provider and set what it gives you"
            )
