"""An installation whose files are in two buckets, as docs/operating.md says under "Files in S3"."""

from tests.deployed import s3_server
from tests.deployed.files import write_for_portal
from tests.deployed.installation import DeployedInstallation

OVERLAYS = ("compose.s3.yaml", "compose.s3.test.yaml")
STORES = {"CWG_STORE_URL": s3_server.PORTAL_BUCKET, "CWG_RELEASE_STORE_URL": s3_server.RELEASE_BUCKET}


def use_buckets(installation: DeployedInstallation, *stores: str) -> None:
    """Write the addresses of these stores, and the keys of each part."""
    addresses = {name: f"s3://{STORES[name]}/files" for name in stores}
    installation.change_settings(
        **addresses,
        AWS_ENDPOINT=f"https://{s3_server.HOST}",
        AWS_REGION=s3_server.REGION,
        AWS_TIMEOUT="10 seconds",
    )
    for key in s3_server.RIGHTS:
        for name, value in ((f"s3_{key}_key_id", key), (f"s3_{key}_secret_key", s3_server.build_secret(key))):
            write_for_portal(installation.folder / "secrets" / name, f"{value}\n")
