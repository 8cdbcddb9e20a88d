"""A file that is sent in pieces, as the script of the page does, and which of the two portals took them."""

from lxml import html
from prometheus_client.parser import text_string_to_metric_families

from tests.chunks import piece_headers
from tests.deployed.installation import DeployedInstallation
from tests.deployed.visitor import Visitor

PIECES = 12
PORTALS = ("portal-1", "portal-2")
METRICS = "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:9100/metrics').read().decode())"
APPENDED = {"kind": "/uploads/{upload}", "method": "PATCH"}


def send_in_pieces(visitor: Visitor, page: str, content: bytes) -> dict[str, object]:
    """Send a file in pieces from the page with its form, and return what the form then says of it."""
    shown = html.fromstring(visitor.get(page))
    (body,) = set(shown.xpath("//@data-body"))
    token = shown.xpath("//main//form//input[@name='token']/@value")[0]
    headers = {"Origin": visitor.url, "X-Form-Token": token}
    announced = {"body": body, "name": "paper.docx", "size": str(len(content))}
    step = len(content) // PIECES + 1
    address, sent = "", 0
    while sent < len(content):
        piece = content[sent : sent + step]
        fields = headers | piece_headers(piece, sent)
        if address:
            answer = visitor.client.patch(address, content=piece, headers=fields)
        else:
            answer = visitor.client.post("/uploads", params=announced, content=piece, headers=fields)
            address = answer.headers.get("Location", "")
        if not answer.is_success:
            raise RuntimeError(f"piece at {sent} of {len(content)} bytes: {answer.status_code} {answer.text[:200]}")
        sent += len(piece)
    return {"upload": address.rpartition("/")[2]}


def count_pieces(installation: DeployedInstallation) -> dict[str, int]:
    """Count the pieces that each portal took since it was started."""
    metrics = {each: installation.compose("exec", each, "python", "-c", METRICS) for each in PORTALS}
    return {each: count_appended(text) for each, text in metrics.items()}


def count_appended(metrics: str) -> int:
    """Count the pieces in the metrics of a portal, without the first of each file."""
    samples = [sample for family in text_string_to_metric_families(metrics) for sample in family.samples]
    counts = [each.value for each in samples if each.name == "cwg_request_seconds_count" and each.labels == APPENDED]
    return int(sum(counts))
