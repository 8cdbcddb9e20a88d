"""The processes of the demo, each with the settings that it needs and no others.

The read path gets neither the portal's database role nor its store; the witness gets nothing of the portal, since in
production it is run by another organization.
"""

import shutil
from collections.abc import Mapping, Sequence
from typing import cast

from app.core.signing import Signer
from app.demo.children import Child
from app.demo.place import HOST, Demo, secrets_of
from app.domain.ledger.notes import Kind, Verifier, origin_of
from app.settings import Settings

WITNESS = "witness.demo/w1"
"""The name under which the demo's witness signs."""
PLAIN = {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def parts(place: Demo, ours: Settings) -> Sequence[Child]:
    """Build the processes in starting order. The witness is first: if unavailable, the worker waits half a minute."""
    secrets = secrets_of(place.home)
    common = PLAIN | {
        "CWG_DEMO": "1",
        "CWG_PORTAL_URL": ours.portal_url,
        "CWG_READ_URL": ours.read_url,
        "CWG_OIDC_ISSUER": place.issuer,
        "CWG_OIDC_CLIENT_ID": "portal",
        "CWG_READ_OIDC_CLIENT_ID": "reader",
    }
    portal_secret = {"CWG_OIDC_CLIENT_SECRET": secrets["oidc_client_secret"]}
    read_secret = {"CWG_READ_OIDC_CLIENT_SECRET": secrets["read_oidc_client_secret"]}
    witnesses = {"CWG_WITNESSES": f"{place.address(place.witness)} {_witness_key(secrets)}"}
    work = witnesses | {
        "CWG_DATABASE_URL": cast("str", ours.database_url),
        "CWG_STORE_URL": ours.store_url,
        "CWG_SOFFICE": shutil.which("soffice") or "",
        "CWG_SIGNING_KEY": secrets["signing_key"],
    }
    portal = work | portal_secret | {"CWG_SESSION_SECRET": secrets["session_secret"]}
    worker = work | {"CWG_RELEASE_STORE_URL": ours.release_store_url}
    reader = read_secret | {
        "CWG_READER_DATABASE_URL": cast("str", ours.reader_database_url),
        "CWG_RELEASE_STORE_URL": ours.release_store_url,
        "CWG_READ_SESSION_SECRET": secrets["read_session_secret"],
        "CWG_READ_PUBLIC_KEYS": Signer.of(ours.portal_url, secrets["signing_key"]).public.text,
    }
    discovery = f"{place.issuer}/.well-known/openid-configuration"
    return [
        Child("witness", _server_arguments("witness", place.witness), _witness_environment(place, ours, secrets)),
        Child("portal", _server_arguments("pages", place.portal), common | portal, f"{ours.portal_url}/readyz"),
        Child("read", _server_arguments("read", place.read), common | reader, f"{ours.read_url}/readyz"),
        Child("worker", ("-m", "app", "work"), common | worker),
        Child("provider", ("-m", "app.demo", str(place.provider)), common | portal_secret | read_secret, discovery),
    ]


def _server_arguments(command: str, port: int) -> Sequence[str]:
    return ("-m", "app", command, "--host", HOST, "--port", str(port))


def _witness_environment(installation: Demo, settings: Settings, secrets: Mapping[str, str]) -> Mapping[str, str]:
    ledger = Verifier(origin_of(settings.portal_url), Signer.of(settings.portal_url, secrets["signing_key"]).public)
    return PLAIN | {
        "CWG_WITNESS_KEY": secrets["witness_key"],
        "CWG_WITNESS_NAME": WITNESS,
        "CWG_WITNESS_STORE": str(installation.home / "witness"),
        "CWG_WITNESSED": ledger.text,
    }


def _witness_key(secrets: Mapping[str, str]) -> str:
    return Verifier(WITNESS, Signer.of(WITNESS, secrets["witness_key"]).public, Kind.COSIGNATURE).text
