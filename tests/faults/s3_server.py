"""An S3 store as a separate process (moto), behind a connection that can be cut."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx2
from botocore.config import Config

from tests.faults.cuttable_connection import CuttableConnection
from tests.http_server import free_port
from tests.waiting import stop_process, wait_until

TIMEOUT = 10  # seconds that one request may take, as an operator sets it


@dataclass(frozen=True, slots=True)
class Bucket:
    """Its name, the process to stop (SIGSTOP) and the connection to cut."""

    name: str
    process: int
    connection: CuttableConnection

    @property
    def url(self) -> str:
        return f"s3://{self.name}/files"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which operators configure it."""
        return {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.connection.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "only for the test server",
            "AWS_REGION": "us-east-1",
            "AWS_TIMEOUT": f"{TIMEOUT} seconds",
        }

    def client(self) -> Any:
        """Another client than the portal's own."""
        keys = {name.lower(): value for name, value in self.environment.items() if "KEY" in name}
        config = Config(connect_timeout=10, read_timeout=20, retries={"max_attempts": 3})
        endpoint = self.environment["AWS_ENDPOINT"]
        return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config, **keys)

    def fetched(self, folder: Path) -> Path:
        """Copy all of its files into a folder, in the layout of a folder store."""
        with closing(self.client()) as client:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix="files/"):
                for each in page.get("Contents", ()):
                    path = folder / each["Key"].removeprefix("files/")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    client.download_file(self.name, each["Key"], str(path))
        return folder


@contextmanager
def run_bucket() -> Iterator[Bucket]:
    port, quiet = free_port(), subprocess.DEVNULL
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            wait_until(lambda: _answers(port), "the S3 server does not answer", within=120)
            made = Bucket("house", process.pid, CuttableConnection(port))
            with closing(made.client()) as client:
                client.create_bucket(Bucket=made.name)
            yield made
            made.connection.cut()
        finally:
            stop_process(process)


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/moto-api/", trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False
