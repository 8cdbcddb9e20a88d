"""The PDF that was released with a text: at its own address, wherever files are listed, and gone with its text."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as Xml
import zipfile
from pathlib import Path

import pytest

from app.dissemination.feeds import ATOM_NAMESPACE, create_feed_key
from app.dissemination.static_export import StaticExport
from app.domain.releases.models import Audience
from app.http.downloads import SANDBOX_POLICY
from tests.dissemination.read_path_site import DOCX, ReaderSite, pdf_of, text_of
from tests.world import LEDGER_SIGNER, RELEASE_SIGNER

PROGRAM = Path(__file__).parents[2] / "app" / "static" / "verify_receipt.py"
SLUG = "CWG-Internet-22-OUT-1"
PDF_DIGEST = hashlib.sha256(pdf_of(1, "fr")).hexdigest()
TRUSTED = ("--key", RELEASE_SIGNER.public_key.text)


@pytest.fixture
def address(reader_site: ReaderSite) -> str:
    """An output with a PDF of each text, and another without any."""
    reader_site.release(2)
    return reader_site.release(1, pdf=True)


def test_the_pdf_leaves_byte_for_byte_with_its_headers(reader_site: ReaderSite, address: str) -> None:
    answer = reader_site.browser("sector_member").get(f"{address}/files/fr/pdf")

    assert answer.content == pdf_of(1, "fr")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{SLUG}-fr.pdf"'
    assert answer.headers["etag"] == f'"{PDF_DIGEST}"'
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-security-policy"] == SANDBOX_POLICY


def test_a_visitor_gets_no_pdf_and_a_text_without_one_has_none(reader_site: ReaderSite, address: str) -> None:
    assert reader_site.browser().get(f"{address}/files/fr/pdf").status_code == 401
    reader = reader_site.browser("sector_member")
    assert reader.get("/outputs/CWG-Internet-22-OUT-2/files/fr").status_code == 200
    assert reader.get("/outputs/CWG-Internet-22-OUT-2/files/fr/pdf").status_code == 404
    assert reader.get(f"{address}/files/es/pdf").status_code == 404


def test_a_damaged_pdf_is_not_served(reader_site: ReaderSite, address: str) -> None:
    reader = reader_site.browser("sector_member")
    next(reader_site.store.root.rglob(PDF_DIGEST)).write_bytes(pdf_of(1, "en"))

    assert reader.get(f"{address}/files/fr/pdf").status_code == 503
    assert reader.get(f"{address}/files/fr").status_code == 200


def test_the_page_offers_both_files_of_each_language(reader_site: ReaderSite, address: str) -> None:
    page = reader_site.browser("academia").get(f"{address}?lang=en").text

    for language in ("en", "fr", "ar"):
        assert f'href="{address}/files/{language}"' in page
        assert f'href="{address}/files/{language}/pdf"' in page
    assert PDF_DIGEST in page
    assert "/pdf" not in reader_site.browser("academia").get("/outputs/CWG-Internet-22-OUT-2").text


def test_programs_find_the_pdf_with_its_text(reader_site: ReaderSite, address: str) -> None:
    reader = reader_site.browser("academia")
    files = {each["language"]: each for each in reader.get(f"{address}.json").json()["files"]}

    assert files["fr"]["pdf"] == {
        "language": "fr",
        "media": "application/pdf",
        "size": len(pdf_of(1, "fr")),
        "sha256": PDF_DIGEST,
        "url": f"{reader_site.state.settings.read_url}{address}/files/fr/pdf",
    }
    without = reader.get("/outputs/CWG-Internet-22-OUT-2.json").json()["files"]
    assert not any("pdf" in each for each in without)


def test_feeds_and_harvesters_name_the_pdf(reader_site: ReaderSite, address: str) -> None:
    key = create_feed_key(reader_site.state)
    pdf = f"{reader_site.state.settings.read_url}{address}/files/fr/pdf"

    feed = Xml.fromstring(reader_site.browser().get(f"/feeds/{key}/en.atom").content)
    links = {
        (each.get("type"), each.get("hreflang"), each.get("href"))
        for each in feed.iter(f"{{{ATOM_NAMESPACE}}}link")
        if each.get("rel") == "enclosure"
    }
    harvested = reader_site.browser().get(f"/oai/{key}?verb=ListRecords&metadataPrefix=oai_dc").text

    assert ("application/pdf", "fr", pdf) in links
    assert len(links) == 9
    assert f"<dc:relation>{pdf}</dc:relation>" in harvested
    assert harvested.count("<dc:format>application/pdf</dc:format>") == 1


def test_a_bundle_contains_the_pdf_and_its_digest(reader_site: ReaderSite, address: str) -> None:
    archive = zipfile.ZipFile(io.BytesIO(reader_site.browser("academia").get(f"{address}.zip").content))
    rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))

    assert archive.read(f"{SLUG}-fr.pdf") == pdf_of(1, "fr")
    assert archive.read(f"{SLUG}-fr.docx") == text_of(1, "fr")
    assert (f"{SLUG}-fr.pdf", PDF_DIGEST) in {(row["name"], row["sha256"]) for row in rows}
    assert len(rows) == 6


def test_a_pdf_is_recognised_by_its_digest(reader_site: ReaderSite, address: str) -> None:
    reader = reader_site.browser("academia")

    assert "This file is identical to the released file" in reader.get(f"/verify?sha256={PDF_DIGEST}").text
    listed = {each["symbol"]: each["files"] for each in reader.get("/verify/digests.json").json()}
    assert listed["CWG-Internet 22/OUT/1"][PDF_DIGEST] == "fr"


def run_verifier(*arguments: object) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-I", PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_program_checks_a_pdf_against_the_manifest(reader_site: ReaderSite, address: str, tmp_path: Path) -> None:
    manifest, pdf = tmp_path / "manifest.json", tmp_path / "text.pdf"
    manifest.write_bytes(reader_site.browser("academia").get(f"{address}.manifest.json").content)
    pdf.write_bytes(pdf_of(1, "fr"))

    code, printed = run_verifier(manifest, pdf, *TRUSTED)

    assert code == 5
    assert "text.pdf: matches the statement byte for byte (fr)." in printed
    assert f"{SLUG}-fr.pdf" in printed
    pdf.write_bytes(pdf_of(2, "fr"))
    assert run_verifier(manifest, pdf, *TRUSTED)[0] == 1
    statement = json.loads(manifest.read_text())
    statement["statement"]["files"][0].pop("pdf")
    manifest.write_text(json.dumps(statement))
    assert run_verifier(manifest, *TRUSTED)[0] == 1


def test_the_copy_contains_the_pdf_and_links_it(reader_site: ReaderSite, address: str, tmp_path: Path) -> None:
    state, folder = reader_site.state, tmp_path / "copy"
    copier = StaticExport(
        state.templates, state.store, RELEASE_SIGNER, LEDGER_SIGNER.public_keys, state.settings.read_url
    )
    copier.write_copy(state.refresher.refresh()[Audience.MEMBERS], folder)

    assert (folder / "files" / f"{SLUG}-fr.pdf").read_bytes() == pdf_of(1, "fr")
    assert f'href="../files/{SLUG}-fr.pdf"' in (folder / "en" / f"{SLUG}.html").read_text()
    assert run_verifier(folder / "copy.json", *TRUSTED)[0] == 0


def test_the_pdf_of_a_withdrawn_text_is_gone_and_known(reader_site: ReaderSite, address: str, tmp_path: Path) -> None:
    reader_site.withdraw(1)
    reader = reader_site.browser("academia")

    assert reader.get(f"{address}/files/fr/pdf").status_code == 410
    assert not reader_site.store.exists(PDF_DIGEST)
    assert PDF_DIGEST in reader.get(address).text
    assert "that was released and then withdrawn" in reader.get(f"/verify?sha256={PDF_DIGEST}").text
    files = {each["language"]: each for each in reader.get(f"{address}.json").json()["files"]}
    assert files["fr"]["pdf"]["sha256"] == PDF_DIGEST
    assert files["fr"]["media"] == DOCX
    manifest, pdf = tmp_path / "manifest.json", tmp_path / "text.pdf"
    manifest.write_bytes(reader.get(f"{address}.manifest.json").content)
    pdf.write_bytes(pdf_of(1, "fr"))
    assert run_verifier(manifest, pdf, *TRUSTED)[0] == 4
