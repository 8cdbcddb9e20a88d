"""The command `init`: writes secrets, keys, their public halves and settings into the folder of a new installation."""

import secrets
from argparse import Namespace
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pyrage import x25519

from app.cli.new_installation.databases import build_database_files
from app.cli.new_installation.files import PORTAL_USER, NewFile, NewFolder, write_installation
from app.core.signing import KEY_LENGTH, Signer, SigningPurpose
from app.key_settings import PRIVATE_KEY_SETTINGS, PUBLIC_KEY_SETTINGS
from app.settings import Settings

FOLDERS = (
    NewFolder("secrets", mode=0o700),
    NewFolder("tls"),
    NewFolder("keep-elsewhere", mode=0o700),
    NewFolder("backups", PORTAL_USER, 0o700),
)
GENERATED_SECRETS = ("session_secret", "read_session_secret", "mail_secret")
SECRETS_OF_OTHERS = ("oidc_client_secret", "read_oidc_client_secret", "smtp_url")
"""Secrets that somebody else gives; their files are empty at first."""
BACKUP_IDENTITY = "keep-elsewhere/backup-identity"
LEFT_TO_DO = """\
Written to {folder}. What is left to do (docs/operating.md, "Install"):
1. Put the certificate of both hosts and its key into tls/certificate.pem and tls/key.pem, then:
       chown {user}:{user} tls/*.pem && chmod 400 tls/key.pem
2. Register two clients at {issuer} (docs/identity-provider.md),
   and write the secret that it gives for each into the file of it:
{portal_client}
{read_client}
   Another client id: CWG_OIDC_CLIENT_ID and CWG_READ_OIDC_CLIENT_ID of settings.env.
3. If e-mail is sent: its server into secrets/cwg_smtp_url, and the sender into CWG_MAIL_FROM of settings.env.
4. Take {identity} away from this machine, to a place that two people know: it alone opens the backups.
   Before that, step 5 of the page tries it with the first backup.
5. Start it: docker compose up --detach --wait
   What does not fit: docker compose run --rm maintenance doctor"""

PORTAL_CLIENT_FILE, READ_CLIENT_FILE = "secrets/cwg_oidc_client_secret", "secrets/cwg_read_oidc_client_secret"
CLIENT = """\
   - {client}, {file}
       redirect address {origin}/sign-in/callback
       address after the sign-out {origin}/
       address of back-channel logout {origin}/sign-in/backchannel-logout"""


def write_new_installation(args: Namespace) -> int:
    """Write the files of a new installation, and print what is left to do."""
    checked = Settings(portal_url=args.portal, read_url=args.read, oidc_issuer=args.issuer)
    identity = x25519.Identity.generate()
    keys = {purpose: b64encode(secrets.token_bytes(KEY_LENGTH)).decode() for purpose in SigningPurpose}
    public_keys = {
        f"CWG_{PUBLIC_KEY_SETTINGS[purpose].upper()}": Signer.from_secret(checked.portal_url, key).public_key.text
        for purpose, key in keys.items()
    }
    addresses = {
        "CWG_PORTAL_URL": checked.portal_url,
        "CWG_READ_URL": checked.read_url,
        "CWG_OIDC_ISSUER": checked.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": args.client,
        "CWG_READ_OIDC_CLIENT_ID": args.read_client,
        **public_keys,
        "CWG_BACKUP_RECIPIENT": str(identity.to_public()),
        "CWG_MAIL_FROM": "",
    }
    hosts = {
        "CWG_PORTAL_HOST": urlsplit(checked.portal_url).hostname or "",
        "CWG_READ_HOST": urlsplit(checked.read_url).hostname or "",
    }
    files = [
        NewFile("settings.env", _format_environment(addresses), is_secret=False),
        NewFile(".env", _format_environment(hosts), is_secret=False),
        NewFile(BACKUP_IDENTITY, f"# Opens the backups of {checked.portal_url}.\n{identity}\n"),
        *build_database_files(),
        *(_build_secret(PRIVATE_KEY_SETTINGS[purpose], key) for purpose, key in keys.items()),
        *(_build_secret(name, secrets.token_urlsafe(32)) for name in GENERATED_SECRETS),
        *(NewFile(f"secrets/cwg_{name}", "", PORTAL_USER) for name in SECRETS_OF_OTHERS),
    ]
    folder: Path = args.folder
    write_installation(folder, FOLDERS, files)
    print(
        LEFT_TO_DO.format(
            folder=folder,
            user=PORTAL_USER,
            issuer=checked.oidc_issuer,
            portal_client=CLIENT.format(client=args.client, file=PORTAL_CLIENT_FILE, origin=checked.portal_url),
            read_client=CLIENT.format(client=args.read_client, file=READ_CLIENT_FILE, origin=checked.read_url),
            identity=BACKUP_IDENTITY,
        )
    )
    return 0


def _build_secret(name: str, value: str) -> NewFile:
    return NewFile(f"secrets/cwg_{name}", f"{value}\n", PORTAL_USER)


def _format_environment(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())
