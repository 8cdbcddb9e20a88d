"""A reader site over its own database and store, builders of released outputs, and browsers of readers."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import gettempdir
from uuid import UUID, uuid4, uuid5

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import ARRAY, String, delete, event, func, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from starlette.datastructures import State
from starlette.responses import Response

from app.core.db import SIGNERS_KEY, WriteSession, create_database_engine, transaction, write_session_factory
from app.core.signing import Signer, SigningPurpose
from app.core.storage import open_store
from app.demo.cast import CAST, DemoPerson
from app.demo.issuing import DemoClient
from app.demo.provider import create_identity_provider
from app.dissemination.app import create_app, create_inner_app, wrap_in_security_headers
from app.dissemination.catalogue import Catalogue
from app.dissemination.reader_sessions import start_reader_session
from app.dissemination.search.indexer import Indexer
from app.dissemination.state import ReadPathState, open_read_path_state
from app.domain.identity.models.claims import Claims, MembershipCategory
from app.domain.releases.actions import withdrawal
from app.domain.releases.actions.manifest_signing import LockedCatalogues
from app.domain.releases.models import (
    Audience,
    ReleasedDuty,
    ReleasedFile,
    ReleasedFileParagraphs,
    ReleasedOutput,
    ReleasedStateStatement,
    ReleasedTopic,
    ReleasedWithdrawal,
)
from app.domain.releases.queries import manifests, releases, signed_texts, stored_manifests
from app.domain.releases.queries.catalogue_entries import CatalogueEntry
from app.domain.releases.queries.chain_verification import VerifiedCatalogue
from app.domain.releases.queries.released_duties import PublicDuty, build_duty_statement, sign_duty_statement
from app.http.oidc.provider import IdentityProvider
from app.http.security_headers import SecurityHeadersMiddleware
from app.settings import Settings
from tests.browser import on_one_loop
from tests.world import PUBLIC_KEY_LISTS, RELEASE_SIGNER, SIGNERS, record_rows

ISSUER = "http://127.0.0.1:8002/demo-provider"
CLIENT = ("reader", "the secret of the reader")
SPACE = UUID("5f0c7b1e-6d0f-4b0e-9d0a-0c6f3d2b1a00")
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NOON = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)


def text_of(number: int, language: str) -> bytes:
    """The bytes of a text, large enough to be sent in more than one chunk."""
    return f"Output {number} in {language}.\n".encode() * 20_000


def pdf_of(number: int, language: str) -> bytes:
    """The bytes of the PDF of a text, of the same kind."""
    return b"%PDF-1.7\n" + text_of(number, language)


def build_catalogue(outputs: Sequence[CatalogueEntry]) -> Catalogue:
    """Build a catalogue of these outputs as if each were signed."""
    return Catalogue(VerifiedCatalogue(outputs, {}, None, ()), NOON)


SOLE_DECISION = {
    "alone_because": "Nobody else could be had before Council met.",
    "alone_language": "en",
    "alone_capacity": "secretary",
}
"""Arguments of `ReaderSite.release` for an output that one person released alone."""


@cache
def build_shared_read_path() -> FastAPI:
    """The routes and pages of the read path, which know no database: made once for each process."""
    nowhere = "postgresql+psycopg://nobody@/nothing"
    return create_inner_app(
        Settings(
            reader_database_url=nowhere,
            release_store_url=f"file://{gettempdir()}/cwg-read-path-app",
            read_session_secret=SecretStr("of the application that is never asked" * 2),
            oidc_issuer="http://127.0.0.1:9/provider",
            oidc_client_id="reader",
            **PUBLIC_KEY_LISTS,
        )
    )


def build_read_path(settings: Settings) -> SecurityHeadersMiddleware:
    """The shared application with a state of its own, if its address is the usual one; else another one."""
    shared = build_shared_read_path()
    pages, assets = shared.state.read_path.templates, shared.state.read_path.assets
    if settings.read_url != pages.origin:
        return create_app(settings)
    app = copy(shared)
    app.state = State(vars(shared.state)["_state"] | {"read_path": open_read_path_state(settings, pages, assets)})
    return wrap_in_security_headers(app, settings)


class ReaderSite:
    """One reader site; `release` fills it, with the worker's database role."""

    def __init__(self, settings: Settings, folder: Path, app: SecurityHeadersMiddleware | None = None) -> None:
        """`app` is for tests of what the application counts, or does at its start and end."""
        self.settings, self.folder = settings, folder
        self.app = app or build_read_path(settings)
        self.worker = create_database_engine(settings.worker_database_url)
        self.store = open_store(settings.release_store_url)
        self.is_unread, self._is_behind = True, False

    @property
    def state(self) -> ReadPathState:
        """What every reading of the site begins with: so the catalogues are current from here on."""
        if self.is_unread:
            self.is_unread = False
            if self._is_behind:
                self.renew()
        return self.app.app.state.read_path

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the members."""
        return self.state.refresher.get_catalogues()[Audience.MEMBERS]

    @property
    def public(self) -> Catalogue:
        """The catalogue of the public."""
        return self.state.refresher.get_catalogues()[Audience.PUBLIC]

    @property
    def indexing(self) -> Indexer:
        """The search index of the members."""
        return self.state.indexers[Audience.MEMBERS]

    def close(self) -> None:
        self.state.refresher.stop()
        self.state.engine.dispose()
        self.state.ended_sessions.close()
        self.worker.dispose()

    def store_bytes(self, content: bytes) -> str:
        """Store bytes in the release store, released or not."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.folder / sha256
        path.write_bytes(content)
        self.store.put(path, sha256)
        return sha256

    def release(self, number: int = 1, **more: object) -> str:
        """Release an output of meeting 22, `pdf` whether each text has one; returns its address. `texts` and
        `heading_levels` are by language."""
        languages, statements = more.pop("languages", ("en", "fr", "ar")), more.pop("statements", ())
        topics, extracted_texts = more.pop("topics", {}), more.pop("texts", {})
        heading_levels = more.pop("heading_levels", {})
        sealed, sign = more.pop("sealed", True), more.pop("sign", RELEASE_SIGNER)
        has_pdf = bool(more.pop("pdf", False))
        identity = self.identity(number)
        values = {
            "kind": "report",
            "meeting": 22,
            "titles": {"en": f"Report {number} & more", "ar": f"تقرير {number}"},
            "original": "en",
            "adopted_on": date(2026, 9, 9),
            "released_at": NOON,
        } | more
        output = ReleasedOutput(
            id=identity,
            slug=f"CWG-Internet-22-OUT-{number}",
            symbol=f"CWG-Internet 22/OUT/{number}",
            body="cwg-internet",
            body_names={"en": "Council Working Group"},
            **values,
        )
        files = [self._build_file(identity, number, language, has_pdf=has_pdf) for language in languages]
        with transaction(write_session_factory(self.worker, {SIGNERS_KEY: {SigningPurpose.RELEASES: sign}})) as session:
            record_rows(session)
            session.add(output)
            session.flush()
            session.add_all(files)
            session.add_all(
                ReleasedStateStatement(id=uuid4(), output_id=identity, put_at=NOON, **statement)
                for statement in statements
            )
            session.add_all(
                ReleasedTopic(output_id=identity, code=code, position=position, names=names)
                for position, (code, names) in enumerate(topics.items())
            )
            session.add_all(
                self._build_text(number, language, paragraphs, heading_levels.get(language, ()))
                for language, paragraphs in extracted_texts.items()
            )
            session.flush()
            if sealed:
                LockedCatalogues(session).sign_output(releases.find_entries_by_audience(session, identity))
        self._renew_if_read()
        return f"/outputs/CWG-Internet-22-OUT-{number}"

    def complete(self, number: int = 1, *, titles: dict[str, str] | None = None) -> str:
        """Add the missing languages of an advance version a day later; returns its address."""
        identity = self.identity(number)
        with transaction(write_session_factory(self.worker, {SIGNERS_KEY: SIGNERS})) as session:
            record_rows(session)
            (output,) = releases.list_entries(session, identity)
            previous = stored_manifests.find_manifest(session, output.slug)
            session.add_all(self._build_file(identity, number, language) for language in output.still_to_come)
            session.flush()
            languages = literal(list(output.still_to_come), ARRAY(String))
            completion = (NOON + timedelta(days=1), literal(titles or {}, JSONB), languages)
            predecessor = (previous.number, manifests.digest_of_manifest(previous).hex())
            session.execute(select(func.release.complete(identity, *completion, *predecessor)))
            LockedCatalogues(session).sign_output(releases.find_entries_by_audience(session, identity))
        self._renew_if_read()
        return f"/outputs/{output.slug}"

    def withdraw(self, number: int = 1, *, instead: int | None = None, **more: object) -> str:
        """Withdraw an output and delete its files; returns its address."""
        identity, slug = self.identity(number), f"CWG-Internet-22-OUT-{number}"
        with transaction(write_session_factory(self.worker, {SIGNERS_KEY: SIGNERS})) as session:
            record_rows(session)
            (output,) = releases.list_entries(session, identity)
            manifest, public = (stored_manifests.find_manifest(session, slug, audience) for audience in Audience)
            values = {
                "withdrawn_at": NOON + timedelta(days=3),
                "reason": "It says what was not agreed.",
                "language": "en",
                "decided_by": ["secretary", "chair"],
                "replaced_by": f"CWG-Internet 22/OUT/{instead}" if instead else None,
                "replaced_by_slug": f"CWG-Internet-22-OUT-{instead}" if instead else None,
                "manifest": manifest.number,
                "manifest_digest": manifests.digest_of_manifest(manifest).hex(),
                "public_manifest": public.number if public else None,
                "public_manifest_digest": manifests.digest_of_manifest(public).hex() if public else None,
                "replaced_publicly": bool(instead) and self._is_public(session, instead),
            } | more
            session.add(ReleasedWithdrawal(id=identity, **withdrawal.build_tombstone_values(output), **values))
            session.flush()
            session.execute(select(func.release.bury(identity)))
            LockedCatalogues(session).sign_output(releases.find_entries_by_audience(session, identity))
        with transaction(write_session_factory(self.worker)) as session:
            record_rows(session)
            withdrawal.remove_files_of_withdrawn_output(session, self.store, identity)
        self._renew_if_read()
        return f"/outputs/{slug}"

    def _is_public(self, session: WriteSession, number: int) -> bool:
        return any(each.is_public for each in releases.list_entries(session, self.identity(number)))

    def publish_duty(self, duty: PublicDuty, *, sign: Signer = RELEASE_SIGNER) -> None:
        """Copy a public reporting duty as the worker does; it replaces an earlier copy."""
        with transaction(write_session_factory(self.worker)) as session:
            record_rows(session)
            session.execute(delete(ReleasedDuty).where(ReleasedDuty.id == duty.id))
            values = sign_duty_statement(duty.id, build_duty_statement(duty), sign)
            session.execute(insert(ReleasedDuty).values(values))
        self._renew_if_read()

    def add_text(self, number: int, language: str, *paragraphs: str) -> None:
        """Store the extracted text of a file after its release."""
        with transaction(write_session_factory(self.worker)) as session:
            record_rows(session)
            session.add(self._build_text(number, language, paragraphs))
        self._renew_if_read()

    @staticmethod
    def _build_text(
        number: int, language: str, paragraphs: Sequence[str], heading_levels: Sequence[int] = ()
    ) -> ReleasedFileParagraphs:
        sha256 = hashlib.sha256(text_of(number, language)).hexdigest()
        return ReleasedFileParagraphs(**signed_texts.sign_file_text(sha256, paragraphs, RELEASE_SIGNER, heading_levels))

    def renew(self) -> None:
        """Refresh the catalogues; tests of the refresh after a notification replace this method."""
        self.state.refresher.refresh()

    def _renew_if_read(self) -> None:
        """What is released before anybody reads is read with one refresh."""
        if self.is_unread:
            self._is_behind = True
        else:
            self.renew()

    @staticmethod
    def identity(number: int) -> UUID:
        return uuid5(SPACE, str(number))

    def _build_file(self, output: UUID, number: int, language: str, *, has_pdf: bool = False) -> ReleasedFile:
        content, pdf = text_of(number, language), pdf_of(number, language)
        return ReleasedFile(
            output_id=output,
            language=language,
            sha256=self.store_bytes(content),
            size=len(content),
            media=DOCX,
            name=f"CWG-Internet-22-OUT-{number}-{language}.docx",
            pdf=self.store_bytes(pdf) if has_pdf else None,
            pdf_size=len(pdf) if has_pdf else None,
        )

    def cookie(
        self, membership: str = "sector_member", name: str = "Sima Qian", provider_sid: str | None = None
    ) -> str:
        """The session cookie of a signed-in reader."""
        is_external = membership == MembershipCategory.EXTERNAL
        claims = Claims(
            issuer=ISSUER,
            subject="the-subject",
            name=name,
            email="reader@example.org",
            locale="en",
            membership=MembershipCategory(membership),
            entity="" if is_external else "KEN",
            entity_name="" if is_external else "Kenya",
            roles=frozenset(),
        )
        answer = Response()
        start_reader_session(self.state, answer, claims, provider_sid)
        return SimpleCookie(answer.headers["set-cookie"])["cwg_read"].value

    def browser(self, membership: str | None = None, *, cookie: str | None = None) -> TestClient:
        """The browser of a reader of that membership category, or of a visitor."""
        base_url = self.state.public_url
        client = on_one_loop(TestClient(self.app, base_url=base_url, follow_redirects=False))
        if membership or cookie:
            client.cookies.set("cwg_read", cookie or self.cookie(membership), domain=client.base_url.host)
        return client

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Record the SQL statements of the read path."""
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        event.listen(self.state.engine, "before_cursor_execute", note)
        yield seen
        event.remove(self.state.engine, "before_cursor_execute", note)

    def with_provider(self, cast: Sequence[DemoPerson] = CAST) -> TestClient:
        """Let readers sign in at the demo provider without a network, and let it tell the site of sign-outs; returns a
        client of the provider."""
        url = self.settings.read_url
        client = DemoClient(*CLIENT, (f"{url}/sign-in/callback",), (f"{url}/",), f"{url}/sign-in/backchannel-logout")
        demo = create_identity_provider(ISSUER, [client], cast, http=lambda: httpx2.ASGITransport(app=self.app))
        provider = IdentityProvider(
            ISSUER,
            *CLIENT,
            ["RS256"],
            "openid profile email",
            allow_demo=True,
            transport=lambda: httpx2.ASGITransport(app=demo),
        )
        served = self.app.app.state
        served.read_path = replace(served.read_path, provider=provider)
        return TestClient(demo, base_url="http://127.0.0.1:8002", follow_redirects=False, client=("127.0.0.1", 50_000))
