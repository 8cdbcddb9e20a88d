"""The demo's mailbox: a real mail server on loopback, and pages that show what it received, in six scripts."""

import asyncio
import re
import socket
from datetime import UTC, datetime
from email.headerregistry import Address
from pathlib import Path

import httpx2
import pytest

from app.core.i18n import LANGUAGES, text_direction
from app.core.mail.message import MailServer, build_message
from app.core.mail.smtp import Mailer
from app.demo.cast import PEOPLE_BY_KEY
from app.demo.mailbox import create_mailbox
from app.demo.place import HOST
from app.demo.received_letters import ReceivedLetters

PORT = 8005
SUBJECTS = {
    "ar": "فُتح إجراء موافقة صامتة",
    "zh": "启动了一项默许程序",
    "en": "A silence procedure was opened",
    "fr": "Une procédure d’approbation tacite a été ouverte",
    "ru": "Открыта процедура отсутствия возражений",
    "es": "Se abrió un procedimiento de acuerdo tácito",
}
PAGE = "http://127.0.0.1:8000/silence/0b0f7b0e"


def write_letter(recipient: str, subject: str, language: str, *, text: str = "") -> bytes:
    return build_message(
        Address("CWG-Internet", "portal", "example.org"),
        Address(addr_spec=recipient),
        subject,
        text or f"{subject}\n\n{PAGE}\n\n-- \nA footer\non two lines\n",
        message_id="1@127.0.0.1",
        sent_at=datetime.now(UTC),
        extra_headers={"Content-Language": language},
    )


def send(port: int, letters: list[tuple[str, bytes]]) -> None:
    with Mailer(MailServer.parse(f"smtp://{HOST}:{port}"), "portal@example.org", HOST) as mailer:
        for recipient, content in letters:
            mailer.send(recipient, content)


def run_mailbox(folder: Path, letters: list[tuple[str, bytes]], story, *, host: str = f"{HOST}:{PORT}"):
    """Start it, send letters to it, and let a browser without scripts do what the story wants."""

    async def run():
        with socket.socket() as trial:
            trial.bind((HOST, 0))
            smtp_port = trial.getsockname()[1]
        app = create_mailbox(ReceivedLetters(folder / "mail"), PORT, smtp_port)
        async with app.router.lifespan_context(app):
            await asyncio.to_thread(send, smtp_port, letters)
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}") as browser:
                return await story(browser)

    return asyncio.run(run())


def test_letters_in_six_scripts_are_listed_by_person_and_shown_with_links_that_work(tmp_path: Path) -> None:
    to = {language: person.email for language, person in zip(LANGUAGES, PEOPLE_BY_KEY.values(), strict=False)}
    letters = [(to[each], write_letter(to[each], SUBJECTS[each], each)) for each in LANGUAGES]

    async def story(browser):
        pages = {}
        everything = (await browser.get("/")).text
        for language in LANGUAGES:
            own = (await browser.get("/", params={"to": to[language]})).text
            [letter] = re.findall(r'href="(/letters/[^"]+)"', own)
            pages[language] = own, (await browser.get(letter)).text, await browser.get(f"{letter}/source")
        return everything, pages

    everything, pages = run_mailbox(tmp_path, letters, story)

    for language, (own, letter, source) in pages.items():
        assert SUBJECTS[language] in everything
        assert [each in own for each in SUBJECTS.values()].count(True) == 1
        assert f'<h1 lang="{language}" dir="{text_direction(language)}">{SUBJECTS[language]}</h1>' in letter
        assert f'<a href="{PAGE}" rel="noopener noreferrer">{PAGE}</a>' in letter
        assert "Message-ID" in letter
        assert (source.headers["content-type"], f"Content-Language: {language}" in source.text) == (
            "text/plain; charset=utf-8",
            True,
        )
        assert "<script" not in everything + own + letter


def test_markup_in_a_letter_is_shown_as_text_and_other_schemes_are_no_links(tmp_path: Path) -> None:
    text = '<img src=x onerror=alert(1)>\n\njavascript:alert(1) <a href="javascript:alert(1)">x</a>\n'
    letter = write_letter("amina@example.org", "<b>Bold</b>", "en", text=text)

    async def story(browser):
        own = await browser.get("/", params={"to": "amina@example.org"})
        return own, await browser.get(re.findall(r'href="(/letters/[^"]+)"', own.text)[0])

    for page in run_mailbox(tmp_path, [("amina@example.org", letter)], story):
        assert "&lt;b&gt;Bold" in page.text
        assert "<b>Bold" not in page.text
        assert "<img" not in page.text
        assert 'href="javascript' not in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")


def test_letters_are_kept_from_one_start_to_the_next(tmp_path: Path) -> None:
    async def story(browser):
        return (await browser.get("/")).text

    assert "No e-mails yet" in run_mailbox(tmp_path, [], story)
    run_mailbox(tmp_path, [("amina@example.org", write_letter("amina@example.org", "Kept", "en"))], story)
    assert "Kept" in run_mailbox(tmp_path, [], story)


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1:8005", 200), ("evil.example.org", 403)])
def test_only_this_computer_reads_it(tmp_path: Path, host: str, status: int) -> None:
    async def story(browser):
        return (await browser.get("/")).status_code, (await browser.get("/letters/unknown")).status_code

    assert run_mailbox(tmp_path, [], story, host=host) == (status, 404 if status == 200 else 403)
