"""Pages: languages, common elements, components, and error responses as pages."""

import re
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import pytest
from fastapi import FastAPI, Form, Request, Response, UploadFile
from fastapi.testclient import TestClient
from httpx2 import Response as Answer
from jinja2 import Environment, UndefinedError

from app.core.clock import now
from app.core.errors import (
    BadRequest,
    Conflict,
    DomainError,
    Forbidden,
    NotFound,
    PayloadTooLarge,
    Unauthenticated,
    Unavailable,
)
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.http.error_pages import install_error_pages
from app.http.localization import Localizer
from app.http.security_headers import SecurityHeadersMiddleware
from app.http.static_files import STATIC_FOLDER, StaticAssets, shorten_style_sheet
from app.http.templates import PageTemplates

HOME = "http://portal.localhost"
TEMPLATES = Path(__file__).parents[2] / "templates"
TYPED = "<script>alert('\"&')</script>"
CAPACITY = _("Delegate")
SENTENCE = _("Nothing is asked.")
REFUSED: dict[str, type[DomainError]] = {
    kind.__name__: kind
    for kind in (NotFound, Forbidden, Conflict, BadRequest, Unauthenticated, PayloadTooLarge, Unavailable)
}


@dataclass(frozen=True)
class Delegate:
    name: str = "Ada <Lovelace>"
    acts_for: str | LazyText | None = "Kenya"
    capacity: LazyText | None = CAPACITY
    locale: str | None = None
    groups: str = "CWG-Internet"


def make_app(folder: Path, public_url: str = HOME, *, side: str = "portal", locale: str | None = None) -> FastAPI:
    app = FastAPI()
    assets = StaticAssets()
    notices = {"withdrawn": _("It was withdrawn.")}
    pages = PageTemplates(
        folder,
        side="reading" if side == "reading" else "portal",
        public_url=public_url,
        assets=assets,
        secretariat_mail="office@example.org",
        flash_messages=notices,
    )
    install_error_pages(app, pages)

    @app.get("/open")
    def outside(request: Request) -> Response:
        return pages.render_response(request, "plain.html", said=SENTENCE)

    @app.get("/parts")
    def parts(request: Request) -> Response:
        request.state.reader = Delegate(locale=locale)
        request.state.form_token = "the-token"
        request.state.menu = [("/", _("Desk"), True), ("/meetings", _("Meetings"), False)]
        return pages.render_response(
            request, "components.html", typed=TYPED, instant=now() + timedelta(days=3, hours=1)
        )

    @app.get("/seat/{capacity}")
    def seat(request: Request, capacity: str) -> Response:
        has_seat = capacity != "none"
        request.state.reader = Delegate(capacity=LazyText(capacity) if has_seat else None)
        request.state.form_token = f"token-{capacity}"
        request.state.menu = [("/", _("Desk"), True), *([("/record", _("Activity log"), False)] if has_seat else [])]
        return pages.render_response(request, "plain.html", said=SENTENCE)

    @app.get("/constant")
    def constant(request: Request) -> Response:
        return pages.render_response(request, "constant.html")

    @app.get("/forgetful")
    def forgetful(request: Request) -> Response:
        return pages.render_response(request, "plain.html")

    @app.get("/refused/{kind}")
    def refused(kind: str) -> None:
        raise REFUSED[kind](_("The reason is %(why)s.", why=_("said")))

    @app.get("/things/{thing}")
    def thing(thing: UUID) -> None:
        raise NotFound

    @app.post("/things/{thing}")
    def write(thing: UUID, title: Annotated[str, Form()], words: Annotated[str, Form()], file: UploadFile) -> None:
        raise Unauthenticated(_("The session has ended."))

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret detail")

    @app.get("/static/{name}")
    def static(request: Request, name: str) -> Response:
        return assets.asset_response(request, name)

    return app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shutil.copytree(TEMPLATES, tmp_path_factory.mktemp("pages") / "templates")
    shutil.copy(Path(__file__).parent / "components.html", folder)
    words = "{% block title %}Plain{% endblock %}{% block main %}<h1>{{ said | text }}</h1>{% endblock %}"
    (folder / "plain.html").write_text("{% extends base %}" + words)
    constants = "{{ 1234567 | number }}{{ [1234 | number] | join }}"
    blocks = "{% block title %}Constants{% endblock %}{% block main %}<h1>" + constants + "</h1>{% endblock %}"
    (folder / "constant.html").write_text("{% extends base %}" + blocks)
    return folder


@pytest.fixture
def client(folder: Path) -> TestClient:
    return TestClient(
        SecurityHeadersMiddleware(make_app(folder), public_url=HOME), base_url=HOME, raise_server_exceptions=False
    )


def page_language(response: Answer) -> str:
    match = re.search(r'<html lang="(\w\w)" dir="(\w\w\w)">', response.text)
    assert match
    assert match[2] == text_direction(match[1])
    return match[1]


def test_the_language_comes_from_the_url_then_the_cookie_then_the_browser(client: TestClient) -> None:
    french = {"Accept-Language": "fr-CH, ru;q=0.8"}

    assert page_language(client.get("/open")) == "en"
    assert page_language(client.get("/open", headers=french)) == "fr"
    response = client.get("/open?lang=ar", headers=french)
    assert page_language(response) == "ar"
    assert response.headers["Content-Language"] == "ar"
    assert response.headers["Vary"] == "Cookie, Accept-Language"
    assert page_language(client.get("/open", headers=french)) == "ar"
    assert page_language(client.get("/open?lang=zh", headers=french)) == "zh"


def test_a_template_is_compiled_once_and_formats_its_constants_in_each_language(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, compile_source = [], Environment.compile

    def note(environment: Environment, source: str, name: str, *rest: object, **options: object) -> object:
        compiled.append(name)
        return compile_source(environment, source, name, *rest, **options)

    monkeypatch.setattr(Environment, "compile", note)

    shown = {client.get("/constant", params={"lang": language}).text.split("h1>")[1] for language in ("en", "es")}

    assert shown == {"1,234,5671,234</", "1.234.5671.234</"}
    assert compiled.count("constant.html") == 1


def test_the_language_of_the_person_precedes_that_of_the_browser(folder: Path) -> None:
    client = TestClient(make_app(folder, locale="ru-RU"), base_url=HOME)

    assert page_language(client.get("/parts", headers={"Accept-Language": "fr"})) == "ru"
    client.cookies.set("cwg_lang", "es")
    assert page_language(client.get("/parts", headers={"Accept-Language": "fr"})) == "es"


def test_the_language_is_remembered_only_for_this_host(folder: Path, client: TestClient) -> None:
    plain = client.get("/open?lang=fr").headers["Set-Cookie"]
    sealed = TestClient(make_app(folder, "https://p.example"), base_url="https://p.example").get("/open?lang=fr")

    assert plain.startswith("cwg_lang=fr; ")
    assert "Secure" not in plain
    assert sealed.headers["Set-Cookie"].startswith("__Host-cwg_lang=fr; ")
    for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert part in sealed.headers["Set-Cookie"]
    assert "Domain" not in sealed.headers["Set-Cookie"]


@pytest.mark.parametrize("wish", ["", "de", "fr-CH", "..", "FR"])
def test_only_one_of_the_six_languages_is_remembered(client: TestClient, wish: str) -> None:
    assert "Set-Cookie" in client.get("/open?lang=fr").headers
    assert "Set-Cookie" not in client.get("/open", params={"lang": wish}).headers


def test_the_language_menu_names_each_language_in_itself_and_keeps_the_view(client: TestClient) -> None:
    page = client.get("/open?sort=title&topic=a&topic=b%22&lang=en&done=withdrawn").text

    for code in LANGUAGES:
        href = f"?sort=title&amp;topic=a&amp;topic=b%22&amp;lang={code}"
        start = f'<a href="{href}" lang="{code}" hreflang="{code}" dir="{text_direction(code)}"'
        assert re.search(re.escape(start) + f'(?: aria-current="true")?>{NATIVE_NAMES[code]}</a>', page), code


def test_the_masthead_shows_state_capacity_and_menu_to_signed_in_users(client: TestClient) -> None:
    inside, outside = client.get("/parts").text, client.get("/open").text

    assert inside.index("<b>Kenya</b>") < inside.index("Delegate</span>") < inside.index("Ada &lt;Lovelace&gt;")
    assert '<form method="post" action="/sign-out">\n  <input type="hidden" name="token" value="the-token">' in inside
    assert '<a href="/" aria-current="page">Desk</a>' in inside
    assert '<nav aria-label="Main navigation">' not in outside
    assert "/sign-out" not in outside
    assert '<a class="button second small" href="/sign-in">' in outside
    for path in ("/help", "/help/rights", "/help/deadlines", "/help/glossary"):
        assert f'<a href="{path}">' in outside


def test_the_frame_shows_nothing_of_a_seat_that_has_ended(client: TestClient) -> None:
    for capacity in ("chair", "delegate", "none", "chair"):
        page = client.get(f"/seat/{capacity}", headers={"Accept-Language": "en"}).text
        shown = [each for each in ("chair", "delegate") if f'<span class="long">{each}</span>' in page]

        assert shown == ([] if capacity == "none" else [capacity])
        assert ('<a href="/record">' in page) is (capacity != "none")
        assert re.findall(r'name="token" value="([^"]*)"', page) == [f"token-{capacity}"]


def test_the_read_path_has_its_own_page_frame(folder: Path) -> None:
    page = TestClient(make_app(folder, side="reading"), base_url=HOME).get("/open").text

    assert '<body class="reading">' in page
    assert "This site keeps no record of what you read." in page
    assert "<h1>Nothing is asked.</h1>" in page


def test_an_undefined_value_is_a_fault(folder: Path, client: TestClient) -> None:
    assert client.get("/open").status_code == 200
    with pytest.raises(UndefinedError):
        TestClient(make_app(folder), base_url=HOME).get("/forgetful")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_component_is_rendered_and_escapes_typed_text(client: TestClient, language: str) -> None:
    page = client.get("/parts", params={"lang": language}).text

    assert page.count("&lt;script&gt;") >= 9
    assert "<script>" not in page
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
    identities = re.findall(r'\sid="([^"]+)"', page)
    assert len(identities) == len(set(identities))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(identities)
    for named in re.findall(r'(?:for|aria-describedby)="([^"]+)"', page):
        assert set(named.split()) <= set(identities)


def test_a_field_shows_its_error(client: TestClient) -> None:
    page = client.get("/parts").text

    assert '<li><a href="#f-title">Write the title; it is empty</a></li>' in page
    assert 'aria-invalid="true" aria-describedby="f-title-hint f-title-error"' in page
    assert '<span class="wrong" id="f-title-error">Write the title; it is empty</span>' in page
    assert "There are problems with 2 fields" in page


def test_the_first_line_break_of_a_text_is_kept(client: TestClient) -> None:
    assert 'rows="3" dir="auto">\n\nfirst' in client.get("/parts").text


def test_text_in_another_language_is_marked(client: TestClient) -> None:
    assert '<a class="title" href="/d/7" lang="ar" dir="rtl">' in client.get("/parts").text


def test_notices_come_from_a_fixed_table_and_only_after_an_own_page(client: TestClient) -> None:
    notice = '<div class="notice good" role="status">\n<p>It was withdrawn.</p>'

    assert notice in client.get("/open?done=withdrawn").text
    assert notice in client.get("/open?done=withdrawn", headers={"Sec-Fetch-Site": "same-origin"}).text
    assert notice not in client.get("/open?done=withdrawn", headers={"Sec-Fetch-Site": "cross-site"}).text
    assert "notice" not in client.get("/open?done=You+won").text


@pytest.mark.parametrize("kind", REFUSED)
def test_every_error_page_says_what_happened_why_and_what_to_do(client: TestClient, kind: str) -> None:
    response = client.get(f"/refused/{kind}")

    assert response.status_code == REFUSED[kind].status
    assert "<dd>The reason is said.</dd>" in response.text
    assert re.findall(r"<dt>(.*?)</dt>", response.text) == ["What happened", "Why", "What you can do"]
    assert "mailto:office@example.org" in response.text
    assert page_language(client.get(f"/refused/{kind}?lang=ar")) == "ar"


def test_other_responses_of_the_framework_are_pages(client: TestClient) -> None:
    assert "<h1>Page not found</h1>" in client.get("/nothing").text
    wrong = client.delete("/open")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")
    assert "<h1>This address cannot be used in this way</h1>" in wrong.text
    unread = client.post(f"/things/{UUID(int=1)}", data={"title": TYPED})
    assert unread.status_code == 422
    assert "<h1>The form could not be read</h1>" in unread.text


def test_an_internal_error_shows_only_its_number(client: TestClient) -> None:
    response = client.get("/broken")

    assert response.status_code == 500
    assert response.headers["Cache-Control"] == "no-store"
    assert f'<b class="symbol">{response.headers["X-Request-ID"]}</b>' in response.text
    assert "secret detail" not in response.text


def test_unknown_forbidden_and_malformed_are_one_response(client: TestClient) -> None:
    addresses = (f"/things/{UUID(int=1)}", f"/things/{UUID(int=2)}?a=b", "/things/nonsense", "/nothing?x=y", "/refused")
    answers = [client.get(address) for address in addresses]

    assert [answer.status_code for answer in answers] == [404] * len(addresses)
    assert len({answer.content for answer in answers}) == 1


def test_an_error_page_repeats_nothing_of_the_request(client: TestClient) -> None:
    for response in (client.get("/echo-me?q=echo-me"), client.post("/open", data={"q": "echo-me"})):
        assert response.status_code in {404, 405}
        assert "echo-me" not in response.text


def post_thing(client: TestClient, **headers: str) -> Answer:
    fields = {"title": "Fibre", "words": "\nWhat I wrote </textarea>" + TYPED, "token": "old-token"}
    return client.post(f"/things/{UUID(int=1)}", data=fields, files={"file": ("a.docx", b"octets")}, headers=headers)


def test_typed_text_survives_an_expired_session(client: TestClient) -> None:
    response = post_thing(client, Origin=HOME)

    assert response.status_code == 401
    page = response.text
    assert '<form method="post" class="gap">' in page
    assert '<input type="hidden" name="title" value="Fibre">' in page
    assert '<input type="hidden" name="token" value="old-token">' in page
    assert 'name="words" rows="4" dir="auto">\n\nWhat I wrote &lt;/textarea&gt;&lt;script&gt;' in page
    assert '<a class="button" href="/sign-in" target="_blank" rel="noopener">' in page
    assert "select it again on the page that you came from" in page
    assert "octets" not in page
    assert "<script>" not in page


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example.org"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_put_text_into_that_page(client: TestClient, headers: dict[str, str]) -> None:
    assert "What I wrote" in post_thing(client, Origin=HOME).text
    response = post_thing(client, **headers)

    assert response.status_code == 401
    assert "What I wrote" not in response.text
    assert "<form" not in response.text


def test_a_visitor_who_has_to_sign_in_returns_to_the_requested_page(client: TestClient) -> None:
    assert (
        'href="/sign-in?next=/refused/Unauthenticated%3Fa%3D1%26b%3D2"'
        in client.get("/refused/Unauthenticated?a=1&b=2").text
    )


def test_assets_are_cached_for_ever_under_their_version_and_revalidated_without(client: TestClient) -> None:
    address = re.search(r'href="(/static/style\.css\?v=[\w-]+)"', client.get("/open").text)
    assert address
    named, plain = client.get(address[1]), client.get("/static/style.css?v=old")

    assert named.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert named.headers["Content-Type"] == "text/css; charset=utf-8"
    assert plain.headers["Cache-Control"] == "no-cache"
    assert named.content == plain.content == shorten_style_sheet((STATIC_FOLDER / "style.css").read_text()).encode()
    again = client.get("/static/style.css", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/static/portal.js").headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert client.get("/static/emblem.svg").headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert client.get("/static/..%2Fsettings.py").status_code == 404


@pytest.mark.parametrize("name", ["style.css", "portal.js"])
def test_assets_are_compressed_for_those_who_accept_it(client: TestClient, name: str) -> None:
    packed, plain = (
        client.get(f"/static/{name}", headers={"Accept-Encoding": accepted}) for accepted in ("gzip", "identity")
    )

    assert packed.content == plain.content
    assert (packed.headers["Content-Encoding"], plain.headers.get("Content-Encoding")) == ("gzip", None)
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    for answer, accepted in ((packed, "gzip"), (plain, "identity")):
        asked = {"If-None-Match": answer.headers["ETag"], "Accept-Encoding": accepted}
        assert client.get(f"/static/{name}", headers=asked).status_code == 304
    asked = {"If-None-Match": plain.headers["ETag"], "Accept-Encoding": "gzip"}
    assert client.get(f"/static/{name}", headers=asked).status_code == 200


def test_days_are_shown_without_time() -> None:
    assert Localizer("en").format_day(date(2027, 1, 27)) == "Wednesday 27 January 2027"
    assert Localizer("fr").format_day(date(2027, 1, 27), weekday=False) == "27 janvier 2027"


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (timedelta(days=14, hours=23), "in 14 days"),
        (timedelta(days=2, minutes=1), "in 2 days"),
        (timedelta(hours=47, minutes=59), "in 47 hours"),
        (timedelta(minutes=119, seconds=59), "in 119 minutes"),
        (timedelta(seconds=80), "in 1 minute"),
        (timedelta(days=-3, hours=-5), "3 days ago"),
    ],
)
def test_remaining_time_is_rounded_down(later: timedelta, words: str) -> None:
    assert Localizer("en").format_time_left(now() + later + timedelta(seconds=1 if later > timedelta() else 0)) == words


def test_sizes_numbers_and_languages_are_in_the_form_of_the_reader() -> None:
    english, french = Localizer("en"), Localizer("fr")

    assert [english.format_size(octets) for octets in (12, 214_000, 3_412_006)] == ["12 bytes", "209 kB", "3.3 MB"]
    assert french.format_size(3_412_006).replace("\xa0", " ").replace("\u202f", " ") == "3,3 Mo"
    assert english.format_number(48213) == "48,213"
    assert (english.language_name("ar"), french.language_name("ar")) == ("Arabic", "arabe")
    assert [english.translate_text(value) for value in (SENTENCE, "as it is", None)] == [
        "Nothing is asked.",
        "as it is",
        "",
    ]
