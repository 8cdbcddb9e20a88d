"""The two databases of a new installation: addresses with passwords, the roles that PostgreSQL creates at its first
start, and the certificates with which they prove who they are.

No owner is a superuser. The superuser of each server has a password that no part of the portal is given.
"""

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_urlsafe
from typing import Final

from app.cli.new_installation.certificates import CertificateAuthority
from app.cli.new_installation.files import PORTAL_USER, POSTGRES_USER, NewFile
from app.cli.read_database import RESTRICTIONS
from app.server.database_urls import DATABASE_NAME, OWNER_ROLE, READ_DATABASE_NAME, REPLICA_ROLE

PORTAL_SERVER, READ_SERVER = "postgres", "postgres-read"
"""The hosts of the two servers, as services of `deploy/compose.yaml`."""
READ_OWNER_ROLE: Final = "cwg_read_owner"
AUTHORITY_PATH: Final = "/run/database-ca.pem"
"""Where each container finds the certificate of the authority."""
VALIDITY: Final = timedelta(days=3650)
ROLES: Mapping[str, tuple[str, str, str]] = {
    "owner_database_url": (OWNER_ROLE, PORTAL_SERVER, DATABASE_NAME),
    "database_url": ("cwg_portal", PORTAL_SERVER, DATABASE_NAME),
    "worker_database_url": ("cwg_worker", PORTAL_SERVER, DATABASE_NAME),
    "replication_url": (REPLICA_ROLE, PORTAL_SERVER, DATABASE_NAME),
    "read_owner_database_url": (READ_OWNER_ROLE, READ_SERVER, READ_DATABASE_NAME),
    "reader_database_url": ("cwg_reader", READ_SERVER, READ_DATABASE_NAME),
}
"""The settings with an address of a database; role, host and database of each."""


def build_database_files() -> list[NewFile]:
    """Build the secrets of both servers, and the addresses of all roles with their passwords."""
    passwords = {name: token_urlsafe(32) for name in ROLES}
    authority = CertificateAuthority("databases of this installation", VALIDITY)
    files = [NewFile("database-ca.pem", authority.certificate, is_secret=False)]
    for server, prefix in ((PORTAL_SERVER, "postgres"), (READ_SERVER, "postgres_read")):
        key, certificate = authority.issue(server)
        files += [
            NewFile(f"secrets/{prefix}_password", token_urlsafe(32) + "\n", POSTGRES_USER),
            NewFile(f"secrets/{prefix}_key", key, POSTGRES_USER),
            NewFile(f"secrets/{prefix}_certificate", certificate, POSTGRES_USER),
        ]
    files += [
        NewFile("secrets/postgres_roles", build_portal_roles(passwords), POSTGRES_USER),
        NewFile("secrets/postgres_read_roles", build_read_roles(passwords), POSTGRES_USER),
    ]
    addresses = build_addresses(passwords).items()
    return files + [NewFile(f"secrets/cwg_{name}", f"{address}\n", PORTAL_USER) for name, address in addresses]


def build_addresses(passwords: Mapping[str, str]) -> dict[str, str]:
    """Build the address of each role. Passwords need no escaping; the server has to prove its name."""
    return {
        name: f"postgresql+psycopg://{role}:{passwords[name]}@{server}/{database}"
        f"?sslmode=verify-full&sslrootcert={AUTHORITY_PATH}"
        for name, (role, server, database) in ROLES.items()
    }


def build_portal_roles(passwords: Mapping[str, str]) -> str:
    """Build what the superuser of the portal's server runs once: the owner, who creates the other roles when it
    migrates, and the role of the replication, whose attribute an owner cannot give."""
    return (
        f"CREATE ROLE {OWNER_ROLE} LOGIN CREATEROLE PASSWORD '{passwords['owner_database_url']}';\n"
        f"CREATE ROLE {REPLICA_ROLE} LOGIN REPLICATION PASSWORD '{passwords['replication_url']}';\n"
        f"GRANT {REPLICA_ROLE} TO {OWNER_ROLE} WITH ADMIN OPTION;\n"
        f"{_create_database(DATABASE_NAME, OWNER_ROLE)}"
    )


def build_read_roles(passwords: Mapping[str, str]) -> str:
    """Build what the superuser of the read path's server runs once: its owner, who may subscribe, and what an owner may
    not take from everybody."""
    restrictions = "".join(f"{each.format(database=READ_DATABASE_NAME)};\n" for each in RESTRICTIONS)
    return (
        f"CREATE ROLE {READ_OWNER_ROLE} LOGIN CREATEROLE PASSWORD '{passwords['read_owner_database_url']}';\n"
        f"GRANT pg_create_subscription TO {READ_OWNER_ROLE};\n"
        f"{_create_database(READ_DATABASE_NAME, READ_OWNER_ROLE)}"
        f"\\connect {READ_DATABASE_NAME}\n{restrictions}"
    )


def _create_database(name: str, owner: str) -> str:
    return f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8';\n"
