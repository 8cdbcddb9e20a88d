"""The S3 server of a tested deployment (moto), in a container of its own, over TLS. Each key may do what the table of
docs/operating.md, "Files in S3", says of its part, and nothing else. What it stores ends with it."""

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import WSGIRequestHandler, run_simple
from werkzeug.wrappers import Response

HOST, PORT, REGION = "s3.cwg.test", 443, "eu-central-2"
PORTAL_BUCKET, RELEASE_BUCKET = "cwg-portal", "cwg-release"
READING = frozenset({"ListBucket", "GetObject"})
ADDING = READING | {"PutObject", "AbortMultipartUpload"}
CHANGING = ADDING | {"DeleteObject"}
RIGHTS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "portal": {PORTAL_BUCKET: ADDING},
        "worker": {PORTAL_BUCKET: CHANGING},
        "release": {RELEASE_BUCKET: CHANGING},
        "read": {RELEASE_BUCKET: READING},
        "backup": {PORTAL_BUCKET: READING},
    }
)
"""What each key may do in which bucket."""
AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/[^,]+, ?SignedHeaders=([^,]+), ?Signature=(\w+)")
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def build_secret(key: str) -> str:
    """Return the secret half of a key."""
    return f"only for the test server: {key}"


def find_refusal(environ: Mapping[str, Any]) -> str:
    """Return why a request is refused; empty if its key may do it."""
    found = AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if found is None or found[1] not in RIGHTS:
        return "InvalidAccessKeyId"
    if _sign(environ, found[1], found[2].split(";")) != found[3]:
        return "SignatureDoesNotMatch"
    bucket, _, name = environ["PATH_INFO"].lstrip("/").partition("/")
    return "" if _name_action(environ, name) in RIGHTS[found[1]].get(bucket, ()) else "AccessDenied"


def _name_action(environ: Mapping[str, Any], name: str) -> str:
    """Name the right that a request needs, as policies name it."""
    method, query = environ["REQUEST_METHOD"], parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    if method in {"GET", "HEAD"}:
        return "GetObject" if name else "ListBucket"
    if method == "DELETE":
        return "AbortMultipartUpload" if "uploadId" in query else "DeleteObject"
    return "DeleteObject" if "delete" in query else "PutObject"


def _sign(environ: Mapping[str, Any], key: str, signed: Iterable[str]) -> str:
    """Compute the signature of a request, from the headers that it names."""
    headers = {name: environ[_get_variable(name)] for name in signed if _get_variable(name) in environ}
    path = environ.get("RAW_URI") or environ["PATH_INFO"]
    request = AWSRequest(environ["REQUEST_METHOD"], f"https://{environ['HTTP_HOST']}{path}", headers)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = S3SigV4Auth(Credentials(key, build_secret(key)), "s3", REGION)
    return str(auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request))


def _get_variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"


def require_rights(application: Application) -> Application:
    """Wrap the server, so that it answers a key alone that may do what it asks for."""

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if refusal := find_refusal(environ):
            print(refusal, environ["REQUEST_METHOD"], environ["PATH_INFO"], flush=True)
            return Response(f"<Error><Code>{refusal}</Code></Error>", 403, content_type="text/xml")(environ, start)
        return application(environ, start)

    return answer


class QuietHandler(WSGIRequestHandler):
    """Handles requests without a line for each."""

    def log_request(self, *_: object) -> None:
        """Write nothing."""


def main() -> None:
    """Create the buckets, and serve until the container ends."""
    for bucket in (PORTAL_BUCKET, RELEASE_BUCKET):
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(bucket, REGION)
    tls = ("/run/tls/certificate.pem", "/run/tls/key.pem")
    server = require_rights(DomainDispatcherApplication(create_backend_app))
    run_simple("0.0.0.0", PORT, server, threaded=True, ssl_context=tls, request_handler=QuietHandler)


if __name__ == "__main__":
    main()
