"""A person with a browser without scripts: signs in at the provider, reads pages, fills in forms and sends them."""

import re
import ssl
from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
from lxml import html

WAIT_SECONDS = 180.0


class PublishedTransport(httpx2.HTTPTransport):
    """Connects to the ports at which Docker publishes the hosts, and asks there for the host of the address."""

    def __init__(self, ports: Mapping[str, int], trust: ssl.SSLContext) -> None:
        super().__init__(verify=trust)
        self._ports = ports

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        published = request.url.copy_with(host="127.0.0.1", port=self._ports[f"{request.url.scheme}://{host}"])
        asked = httpx2.Request(
            request.method,
            published,
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return super().handle_request(asked)


class Visitor:
    """One person at one side of the deployment, whose address is `url`."""

    def __init__(self, url: str, ports: Mapping[str, int], trust: ssl.SSLContext) -> None:
        self.url = url
        self.client = httpx2.Client(
            base_url=url,
            transport=PublishedTransport(ports, trust),
            timeout=60,
            follow_redirects=True,
            headers={"Accept-Language": "en"},
        )

    def sign_in(self, who: str) -> "Visitor":
        """Sign in as one of the cast. Raises RuntimeError if that is refused."""
        page = self.client.get("/sign-in?lang=en")
        choice = self.client.post(str(page.url), data={"player": who}, headers={"Origin": _origin(str(page.url))})
        _require_success(choice)
        self.get("/?lang=en")
        return self

    def sign_in_for(self, path: str, who: str) -> None:
        """Sign in for an approval, as its page asks for."""
        page = self.client.get(path)
        answer = self.client.post(str(page.url), data={"player": who}, headers={"Origin": _origin(str(page.url))})
        _require_success(answer)

    def get(self, path: str) -> str:
        """Return the text of a page. Raises RuntimeError if it is none."""
        answer = self.client.get(path)
        _require_success(answer)
        return answer.text

    def download(self, path: str) -> bytes:
        """Return the bytes of a file."""
        answer = self.client.get(path)
        _require_success(answer)
        return answer.content

    def post(self, path: str, fields: Mapping[str, str]) -> None:
        """Send fields without a form, as a mail program does."""
        _require_success(self.client.post(path, data=dict(fields)))

    def status(self, path: str) -> int:
        """Return only the status of a page."""
        return self.client.get(path).status_code

    def wait_for(self, path: str, words: str, *, absent: bool = False) -> str:
        """Read a page until it has these words, or has them no more. Raises RuntimeError."""
        until = monotonic() + WAIT_SECONDS
        while True:
            answer = self.client.get(path)
            if answer.is_success and (words in answer.text) is not absent:
                return answer.text
            if monotonic() > until:
                raise RuntimeError(f"{path} ({answer.status_code}): {'still' if absent else 'never'} {words!r}")
            sleep(1)

    def send(self, path: str, action: str, **fields: object) -> httpx2.Response:
        """Open a page, fill in the form whose action ends so, and send it. Returns the page that follows.

        Files are (name, bytes). Raises RuntimeError if there is no such form, or if the page that follows is a refusal.
        """
        answer = self.client.get(path)
        _require_success(answer)
        form, button = _find_form(html.fromstring(answer.text), action)
        values: dict[str, Any] = {}
        for name, value in form.form_values():
            values.setdefault(name, []).append(value)
        if button is not None and button.get("name"):
            values[button.get("name")] = [button.get("value", "")]
        files = {
            name: (*value, "application/octet-stream") for name, value in fields.items() if isinstance(value, tuple)
        }
        values |= {name: value for name, value in fields.items() if not isinstance(value, tuple)}
        target = urljoin(
            str(answer.url), (button.get("formaction") if button is not None else None) or form.get("action")
        )
        sent = self.client.post(target, data=values, files=files or None, headers={"Origin": self.url})
        _require_success(sent)
        return sent


def _find_form(page: Any, action: str) -> tuple[Any, Any]:
    for button in page.xpath("//main//button[@formaction]"):
        if button.get("formaction").endswith(action) and button.getparent() is not None:
            form = next(each for each in button.iterancestors("form"))
            return form, button
    for form in page.xpath("//main//form"):
        if (form.get("action") or "").partition("?")[0].endswith(action):
            return form, None
    actions = sorted({each.get("action") or "" for each in page.xpath("//main//form")})
    raise RuntimeError(f"no form leads to {action}, but to {', '.join(actions)}")


def _require_success(answer: httpx2.Response) -> None:
    if not answer.is_success:
        reason = re.sub(r"\s+", " ", " ".join(html.fromstring(answer.text or "<p>").xpath("//main//text()")))
        raise RuntimeError(f"{answer.request.method} {answer.url.path}: {answer.status_code}: {reason[:300]}")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
