"""The processes of the demo, each with what it needs and nothing else.

The read path is given neither the portal's database role nor its store; the witness nothing of the house at all: where
it is not a demo, somebody else runs it.
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
    """In the order in which they are started. The witness comes first: whoever asks it in vain waits half a minute."""
    kept = secrets_of(place.home)
    everyone = PLAIN | {
        "CWG_DEMO": "1",
        "CWG_PORTAL_URL": ours.portal_url,
        "CWG_READ_URL": ours.read_url,
        "CWG_OIDC_ISSUER": place.issuer,
        "CWG_OIDC_CLIENT_ID": "portal",
        "CWG_READ_OIDC_CLIENT_ID": "reader",
    }
    portal_secret = {"CWG_OIDC_CLIENT_SECRET": kept["oidc_client_secret"]}
    read_secret = {"CWG_READ_OIDC_CLIENT_SECRET": kept["read_oidc_client_secret"]}
    vouched = {"CWG_WITNESSES": f"{place.address(place.witness)} {_witness_key(kept)}"}
    work = vouched | {
        "CWG_DATABASE_URL": cast("str", ours.database_url),
        "CWG_STORE_URL": ours.store_url,
        "CWG_SOFFICE": shutil.which("soffice") or "",
        "CWG_SIGNING_KEY": kept["signing_key"],
    }
    portal = work | portal_secret | {"CWG_SESSION_SECRET": kept["session_secret"]}
    worker = work | {"CWG_RELEASE_STORE_URL": ours.release_store_url}
    reader = read_secret | {
        "CWG_READER_DATABASE_URL": cast("str", ours.reader_database_url),
        "CWG_RELEASE_STORE_URL": ours.release_store_url,
        "CWG_READ_SESSION_SECRET": kept["read_session_secret"],
        "CWG_READ_PUBLIC_KEYS": Signer.of(ours.portal_url, kept["signing_key"]).public.text,
    }
    discovery = f"{place.issuer}/.well-known/openid-configuration"
    return [
        Child("witness", _door("witness", place.witness), _witness(place, ours, kept)),
        Child("portal", _door("pages", place.portal), everyone | portal, f"{ours.portal_url}/readyz"),
        Child("read", _door("read", place.read), everyone | reader, f"{ours.read_url}/readyz"),
        Child("worker", ("-m", "app", "work"), everyone | worker),
        Child("provider", ("-m", "app.demo", str(place.provider)), everyone | portal_secret | read_secret, discovery),
    ]


def _door(command: str, port: int) -> Sequence[str]:
    return ("-m", "app", command, "--host", HOST, "--port", str(port))


def _witness(place: Demo, ours: Settings, kept: Mapping[str, str]) -> Mapping[str, str]:
    ledger = Verifier(origin_of(ours.portal_url), Signer.of(ours.portal_url, kept["signing_key"]).public)
    return PLAIN | {
        "CWG_WITNESS_KEY": kept["witness_key"],
        "CWG_WITNESS_NAME": WITNESS,
        "CWG_WITNESS_STORE": str(place.home / "witness"),
        "CWG_WITNESSED": ledger.text,
    }


def _witness_key(kept: Mapping[str, str]) -> str:
    return Verifier(WITNESS, Signer.of(WITNESS, kept["witness_key"]).public, Kind.COSIGNATURE).text
