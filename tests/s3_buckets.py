"""An S3 server (moto) in this process, and buckets in it, which operators name and reach as these tests do."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer


@dataclass(frozen=True, slots=True)
class S3Server:
    """Where it answers."""

    endpoint: str

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment with which operators say where it is."""
        return {
            "AWS_ENDPOINT": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "only for the test server",
            "AWS_REGION": "us-east-1",
        }

    def client(self) -> Any:
        """Another client than the portal's own."""
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "only for the test server"}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", **keys)

    def create_bucket(self) -> str:
        """Create a bucket and return its name."""
        name = f"bucket{os.urandom(6).hex()}"
        with closing(self.client()) as client:
            client.create_bucket(Bucket=name)
        return name

    def list_names(self, bucket: str) -> list[str]:
        """The names of all objects of a bucket."""
        with closing(self.client()) as client:
            return [each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", ())]


@contextmanager
def run_s3_server() -> Iterator[S3Server]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield S3Server(f"http://{host}:{port}")
    server.stop()
