"""A sign-in at an independent provider (canaille), run as its own server: pages, password, consent and all."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey

from app.http.oidc.errors import OidcVerificationError
from app.http.oidc.flow import begin_sign_in, complete_sign_in
from app.http.oidc.provider import IdentityProvider
from tests.http_server import free_port
from tests.waiting import stop_process

CALLBACK = "http://127.0.0.1:8000/sign-in/callback"
BROWSER = "b" * 43
SECRET = "a secret of the portal"
PASSWORD = "a long password of Amina"
CONFIGURATION = """
SECRET_KEY = "{secret}"
SERVER_NAME = "127.0.0.1:{port}"
PREFERRED_URL_SCHEME = "http"
TRUSTED_HOSTS = ["127.0.0.1"]
CACHE_TYPE = "SimpleCache"
[CANAILLE]
DATABASE = "sql"
[CANAILLE_SQL]
DATABASE_URI = "sqlite:///{folder}/canaille.sqlite"
[CANAILLE_OIDC]
ACTIVE_JWKS = [{key}]
"""
# A separate process: its tables, one client, one person, and then its pages.
SERVER = """
import sys
from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import run_simple

port, secret, callback, password = sys.argv[1:]
app = create_app()
with app.app_context(), Backend.instance.session():
    client = models.Client(
        client_id="portal", client_secret=secret, client_name="Portal", redirect_uris=[callback],
        scope=["openid", "profile", "email"], grant_types=["authorization_code"], response_types=["code"],
        token_endpoint_auth_method="client_secret_basic", id_token_signed_response_alg="RS256",
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)
    Backend.instance.save(models.User(
        user_name="amina", password=password, family_name="Otieno", given_name="Amina",
        formatted_name="Amina Otieno", emails=["amina@example.org"],
    ))
run_simple("127.0.0.1", int(port), app, threaded=True)
"""


def wait_until_it_answers(server, address):
    for _ in range(150):
        assert server.poll() is None, "the server ended"
        try:
            if httpx2.get(f"{address}/.well-known/openid-configuration", trust_env=False).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.2)
    raise AssertionError("the server does not answer")


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    """The server with one client and one person, configured as its operators would."""
    folder, port = tmp_path_factory.mktemp("canaille"), free_port()
    key = RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)
    toml_key = "{" + ", ".join(f"{name} = {json.dumps(value)}" for name, value in key.items()) + "}"
    configuration = folder / "canaille.toml"
    configuration.write_text(CONFIGURATION.format(secret="s" * 32, port=port, folder=folder, key=toml_key))
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port), SECRET, CALLBACK, PASSWORD],
        env=os.environ | {"CANAILLE_CONFIG": str(configuration)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_answers(server, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        stop_process(server)


def list_hidden_fields(page):
    """Return the hidden fields of the forms on a page."""
    values = {}
    for field in re.findall(r"<input[^>]*>", page):
        if re.search(r'type="hidden"', field) and (name := re.search(r'name="([^"]*)"', field)):
            value = re.search(r'value="([^"]*)"', field)
            values[name[1]] = unescape(value[1]) if value else ""
    return values


async def follow(browser, answer):
    """Follow redirects as a browser does, up to the one that leads back to the portal."""
    while answer.is_redirect:
        place = urljoin(str(answer.url), answer.headers["location"])
        if place.startswith(CALLBACK):
            return place, None
        answer = await browser.get(place)
    assert answer.status_code == 200, answer.text[:2000]
    return str(answer.url), answer.text


async def sign_in_on_pages(address):
    """Sign in on the pages of the provider: name, password, consent."""
    entries = [{"login": "amina"}, {"password": PASSWORD}, {"answer": "accept"}]
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as browser:
        place, page = await follow(browser, await browser.get(address))
        for entry in entries:
            if page is None:
                break
            place, page = await follow(browser, await browser.post(place, data=list_hidden_fields(page) | entry))
    assert page is None, re.sub(r"<[^>]+>|\s+", " ", page or "")[:1500]
    return parse_qsl(urlsplit(place).query)


def test_a_sign_in_at_another_provider_gives_verified_claims_once(issuer):
    relying_party = IdentityProvider(issuer, "portal", SECRET, ["RS256"], "openid profile email")

    async def scenario():
        address, attempt = await begin_sign_in(relying_party, CALLBACK, "/meetings", BROWSER)
        query = await sign_in_on_pages(address)
        completed = await complete_sign_in(relying_party, CALLBACK, query, attempt, BROWSER)
        with pytest.raises(OidcVerificationError, match="token-refused"):
            await complete_sign_in(relying_party, CALLBACK, query, attempt, BROWSER)
        return completed

    completed = asyncio.run(scenario())

    assert (completed.claims["iss"], completed.claims["sub"]) == (issuer, "amina")
    assert (completed.userinfo["sub"], completed.userinfo["name"]) == ("amina", "Amina Otieno")
    assert completed.next_path == "/meetings"


def test_the_provider_refuses_a_code_with_another_verifier(issuer):
    relying_party = IdentityProvider(issuer, "portal", SECRET, ["RS256"], "openid profile email")

    async def scenario():
        address, _ = await begin_sign_in(relying_party, CALLBACK, "/", BROWSER)
        code = dict(await sign_in_on_pages(address))["code"]
        await relying_party.exchange_code(code, CALLBACK, "v" * 43)

    with pytest.raises(OidcVerificationError, match="token-refused"):
        asyncio.run(scenario())
