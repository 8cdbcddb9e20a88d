"""The command `doctor`: prints one line for each thing that does not fit, as the part in whose container it runs."""

from argparse import Namespace

from app.installation_checks import (
    InstallationPart,
    find_courier_faults,
    find_faults,
    find_pooler_faults,
    find_provider_faults,
    find_scanner_faults,
)
from app.settings import Settings

SETTING_OF_PART = {
    "owner_database_url": InstallationPart.MAINTENANCE,
    "worker_database_url": InstallationPart.WORKER,
    "database_url": InstallationPart.PORTAL,
    "reader_database_url": InstallationPart.READ,
}
"""The setting by which a part is recognized: the first one that is set decides."""


def run_doctor(settings: Settings, args: Namespace) -> int:
    """Print what does not fit, and return 1 if anything does not. Raises ValueError if no part is recognized."""
    part = InstallationPart(args.part) if args.part else recognize_part(settings)
    faults = [*find_faults(settings, part), *find_pooler_faults(settings, part)]
    if part is not InstallationPart.MAINTENANCE:  # it reaches databases and stores alone
        faults += find_provider_faults(settings, part)
    if part in {InstallationPart.PORTAL, InstallationPart.WORKER}:
        faults += find_scanner_faults(settings)
    if part is InstallationPart.WORKER:
        faults += find_courier_faults(settings)
    for fault in faults:
        print(f"{part}: {fault}")
    if not faults:
        print(f"{part}: everything fits.")
    return 1 if faults else 0


def recognize_part(settings: Settings) -> InstallationPart:
    """Return the part that has these settings. Raises ValueError without any."""
    for name, part in SETTING_OF_PART.items():
        if getattr(settings, name):
            return part
    raise ValueError("no address of a database is set: name the part (portal, read, worker, maintenance)")
