"""The processes of the demo, each with the settings that it needs and no others.

The read path gets neither the portal's database role nor its store; the witness gets nothing of the portal, since in
production it is run by another organization. Each private key is in the one process that signs with it.
"""

import shutil
from collections.abc import Mapping, Sequence
from typing import cast

from app.core.signing import Signer, SigningPurpose
from app.demo.children import ProcessSpec
from app.demo.organization import AUTHORITY_FILE, HOST_NAME, prepare_folder
from app.demo.place import HOST, DemoInstallation, build_demo_signers, load_or_generate_secrets
from app.domain.ledger.rules.signed_notes import NoteVerifier, SignatureType, list_portal_verifiers
from app.key_settings import PUBLIC_KEY_SETTINGS
from app.settings import Settings

WITNESS_NAME = "witness.demo/w1"
"""The name under which the demo's witness signs."""
MAIL_SENDER = "portal@example.org"
"""The sender of the demo's e-mails, in a domain reserved for examples."""
BASE_ENVIRONMENT = {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def build_process_specs(installation: DemoInstallation, settings: Settings) -> Sequence[ProcessSpec]:
    """Build the processes in starting order. The witness is first: if unavailable, the worker waits half a minute."""
    secrets = load_or_generate_secrets(installation.home)
    signers = build_demo_signers(settings.portal_url, secrets)
    public_keys = {
        f"CWG_{PUBLIC_KEY_SETTINGS[purpose].upper()}": ",".join(key.text for key in signer.public_keys)
        for purpose, signer in signers.items()
    }
    common = BASE_ENVIRONMENT | {
        "CWG_DEMO": "1",
        "CWG_PORTAL_URL": settings.portal_url,
        "CWG_READ_URL": settings.read_url,
        "CWG_OIDC_ISSUER": installation.issuer,
        "CWG_OIDC_CLIENT_ID": "portal",
        "CWG_READ_OIDC_CLIENT_ID": "reader",
    }
    portal_secret = {"CWG_OIDC_CLIENT_SECRET": secrets["oidc_client_secret"]}
    read_secret = {"CWG_READ_OIDC_CLIENT_SECRET": secrets["read_oidc_client_secret"]}
    witnesses = {"CWG_WITNESSES": f"{installation.build_url(installation.witness)} {_witness_key(secrets)}"}
    work = witnesses | {
        "CWG_STORE_URL": settings.store_url,
        "CWG_SOFFICE": shutil.which("soffice") or "",
        "CWG_MAIL_SECRET": secrets["mail_secret"],
        "CWG_SMTP_URL": f"smtp://{HOST}:{installation.smtp}",
        "CWG_MAIL_FROM": MAIL_SENDER,
    }
    portal = work | portal_secret | public_keys
    portal |= {
        "CWG_DATABASE_URL": cast("str", settings.database_url),
        "CWG_SESSION_SECRET": secrets["session_secret"],
        "CWG_RECEIPT_KEY": secrets["receipt_key"],
    }
    worker = work | public_keys
    worker |= {
        "CWG_WORKER_DATABASE_URL": cast("str", settings.worker_database_url),
        "CWG_READER_DATABASE_URL": cast("str", settings.reader_database_url),
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_RELEASE_KEY": secrets["release_key"],
        "CWG_LEDGER_KEY": secrets["ledger_key"],
        "CWG_COURIER": installation.build_url(installation.courier),
    }
    reader = (
        read_secret
        | public_keys
        | {
            "CWG_READER_DATABASE_URL": cast("str", settings.reader_database_url),
            "CWG_RELEASE_STORE_URL": settings.release_store_url,
            "CWG_READ_SESSION_SECRET": secrets["read_session_secret"],
        }
    )
    organization = installation.home / "organization"
    prepare_folder(organization, secrets["organization_key"])
    courier = BASE_ENVIRONMENT | {
        "CWG_COURIER_PRIVATE_HOSTS": f"{HOST_NAME}:{installation.organization}",
        "CWG_COURIER_AUTHORITY": str(organization / AUTHORITY_FILE),
    }
    discovery = f"{installation.issuer}/.well-known/openid-configuration"
    return [
        ProcessSpec(
            "witness",
            _server_arguments("witness", installation.witness),
            _witness_environment(installation, secrets, signers[SigningPurpose.LEDGER]),
        ),
        ProcessSpec(
            "portal", _server_arguments("pages", installation.portal), common | portal, f"{settings.portal_url}/readyz"
        ),
        ProcessSpec(
            "read", _server_arguments("read", installation.read), common | reader, f"{settings.read_url}/readyz"
        ),
        ProcessSpec("worker", ("-m", "app", "work"), common | worker),
        ProcessSpec(
            "courier",
            _server_arguments("courier", installation.courier),
            courier,
            f"{installation.build_url(installation.courier)}/healthz",
        ),
        ProcessSpec(
            "organization",
            (
                *("-m", "app.demo.organization", str(installation.organization)),
                *(str(organization), settings.portal_url),
            ),
            BASE_ENVIRONMENT,
        ),
        ProcessSpec(
            "provider", ("-m", "app.demo", str(installation.provider)), common | portal_secret | read_secret, discovery
        ),
        ProcessSpec(
            "mailbox",
            ("-m", "app.demo.mailbox", *map(str, (installation.mailbox, installation.smtp)), str(installation.mail)),
            BASE_ENVIRONMENT,
            f"{installation.build_url(installation.mailbox)}/",
        ),
    ]


def _server_arguments(command: str, port: int) -> Sequence[str]:
    return ("-m", "app", command, "--host", HOST, "--port", str(port))


def _witness_environment(
    installation: DemoInstallation, secrets: Mapping[str, str], ledger: Signer
) -> Mapping[str, str]:
    verifiers = list_portal_verifiers(ledger.portal, ledger.public_keys)
    return BASE_ENVIRONMENT | {
        "CWG_WITNESS_KEY": secrets["witness_key"],
        "CWG_WITNESS_NAME": WITNESS_NAME,
        "CWG_WITNESS_STORE": str(installation.home / "witness"),
        "CWG_WITNESSED": ",".join(verifier.vkey for verifier in verifiers),
    }


def _witness_key(secrets: Mapping[str, str]) -> str:
    return NoteVerifier(
        WITNESS_NAME, Signer.from_secret(WITNESS_NAME, secrets["witness_key"]).public_key, SignatureType.COSIGNATURE
    ).vkey
