"""An incremental refresh reads and proves only what is new, gives the result of a full read, and misses no change."""

import random
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.db import transaction, write_session_factory
from app.dissemination import refresh as keeping
from app.domain.releases.models import Audience, MembersManifest
from app.domain.releases.queries import manifests, releases
from app.domain.releases.queries.chain_verification import CatalogueFaultKind
from app.domain.releases.queries.inclusion_proofs import compress_inclusion_proof
from app.domain.releases.queries.incremental import FULL_VERIFICATION_INTERVAL, CatalogueSnapshot, load_snapshot
from tests.conftest import Database
from tests.dissemination.read_path_site import NOON, ReaderSite
from tests.world import RELEASE_SIGNER, record_rows

PUBLIC = {"addressees": ["membership", "public"]}
# Each statement is undone by its partner.
CHANGES = (
    ("UPDATE release.output SET meeting = 21 WHERE {row}", "UPDATE release.output SET meeting = 22 WHERE {row}"),
    ("UPDATE release.file SET size = size + 1 WHERE {part}", "UPDATE release.file SET size = size - 1 WHERE {part}"),
    (
        "UPDATE release.manifest SET signature = 'x' || signature WHERE {manifest}",
        "UPDATE release.manifest SET signature = substr(signature, 2) WHERE {manifest}",
    ),
    (
        "UPDATE release.public_manifest SET statement = statement || ' ' WHERE number = 1",
        "UPDATE release.public_manifest SET statement = rtrim(statement) WHERE number = 1",
    ),
    (
        "CREATE TABLE taken AS SELECT * FROM release.manifest WHERE {manifest};"
        "DELETE FROM release.manifest WHERE {manifest}",
        "INSERT INTO release.manifest SELECT * FROM taken; DROP TABLE taken",
    ),
    (
        "CREATE TABLE taken AS SELECT * FROM release.topic WHERE {part}; DELETE FROM release.topic WHERE {part}",
        "INSERT INTO release.topic SELECT * FROM taken; DROP TABLE taken",
    ),
)


@pytest.fixture
def reader_site(reader_site: ReaderSite) -> ReaderSite:
    """Refreshed after each release, from the first on."""
    reader_site.is_unread = False
    return reader_site


class CatalogueHistory:
    """A random history of a catalogue; some changes come without a notification."""

    def __init__(self, reader_site: ReaderSite, database: Database, luck: random.Random) -> None:
        self.reader_site, self.database, self.luck = reader_site, database, luck
        self.complete_numbers: list[int] = []
        self.advance_numbers: list[int] = []
        self.last = 0
        self.undo: str | None = None
        self.renew = reader_site.renew
        reader_site.renew = lambda: None

    def advance_once(self) -> None:
        """Take one step, and refresh or not: a late refresh finds several changes at once."""
        if self.undo:
            self.database.run_as_superuser(self.undo)
            self.undo = None
        else:
            self.luck.choice(self._possible_steps())()
        if self.luck.random() < 0.7:
            self.renew()

    def _possible_steps(self) -> Sequence[Callable[[], object]]:
        some = [self._release] * 3
        some += [self._withdraw, self._tamper, self._tamper, self._add_proof] if self.complete_numbers else []
        return [*some, *([self._complete] if self.advance_numbers else [])]

    def _release(self) -> None:
        self.last += 1
        is_advance = self.luck.random() < 0.3
        more = {"still_to_come": ["zh"]} if is_advance else {}
        more |= PUBLIC if self.luck.random() < 0.5 else {}
        when = NOON + timedelta(minutes=self.luck.randrange(50))
        self.reader_site.release(
            self.last, languages=("en",), released_at=when, topics={"iot": {"en": "Things"}}, **more
        )
        (self.advance_numbers if is_advance else self.complete_numbers).append(self.last)

    def _complete(self) -> None:
        number = self.advance_numbers.pop()
        self.reader_site.complete(number)
        self.complete_numbers.append(number)

    def _withdraw(self) -> None:
        self.reader_site.withdraw(self.complete_numbers.pop(self.luck.randrange(len(self.complete_numbers))))

    def _tamper(self) -> None:
        """Change a row as an attacker with write access to the database."""
        slug = f"CWG-Internet-22-OUT-{self.luck.choice(self.complete_numbers)}"
        parameters = {
            "row": f"slug = '{slug}'",
            "part": f"output_id = (SELECT id FROM release.output WHERE slug = '{slug}')",
            "manifest": f"number = (SELECT {self.luck.choice(('min', 'max'))}(number) FROM release.manifest)",
        }
        change, back = (each.format(**parameters) for each in self.luck.choice(CHANGES))
        self.database.run_as_superuser(change)
        self.undo = back

    def _add_proof(self) -> None:
        self.database.run_as_superuser(
            "INSERT INTO release.proof SELECT number, 'entry', 'proof' FROM release.manifest"
            " ORDER BY random() LIMIT 1 ON CONFLICT (number) DO UPDATE SET entry = release.proof.entry || '.'"
        )


def read_everything(reader_site: ReaderSite) -> CatalogueSnapshot:
    """The result of reading and proving everything, with the knowledge of this process."""
    refresher = reader_site.state.refresher
    with transaction(refresher.read_sessions) as session:
        session.connection(execution_options=keeping.REPEATABLE_READ)
        return load_snapshot(session, refresher.public_keys, refresher._heads)


def comparable(reading: CatalogueSnapshot) -> object:
    shown = [
        (list(each.outputs), dict(each.manifests), each.head, list(each.faults), list(each.withdrawn))
        for each in (reading.verified[audience] for audience in Audience)
    ]
    return (
        shown,
        list(reading.outputs),
        list(reading.output_versions),
        reading.manifest_versions,
        reading.proofs_version,
    )


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (1, 2, 3))])
def test_a_refresh_always_gives_the_result_of_a_full_read(
    reader_site: ReaderSite, database: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: list[bool] = []
    read_on = keeping.update_snapshot
    monkeypatch.setattr(
        keeping, "update_snapshot", lambda *args: (on := read_on(*args), carried.append(on is not None))[0]
    )
    story = CatalogueHistory(reader_site, database, random.Random(seed))

    for _ in range(30):
        story.advance_once()
    story.renew()

    assert comparable(reader_site.state.refresher._reading) == comparable(read_everything(reader_site))
    assert {True, False} <= set(carried), "the story had no renewal of both kinds"


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_after_an_unnoticed_change_the_next_release_proves_everything(
    reader_site: ReaderSite, database: Database, number: int
) -> None:
    for each in (1, 2):
        reader_site.release(each, topics={"iot": {"en": "Things"}}, **PUBLIC)
    named = {
        "row": "slug LIKE '%-1'",
        "part": "output_id = (SELECT id FROM release.output WHERE slug LIKE '%-1')",
        "manifest": "number = 1",
    }
    change, back = (each.format(**named) for each in CHANGES[number])

    database.run_as_superuser(f"SET session_replication_role = replica; {change}")  # no notification is sent
    reader_site.release(3, **PUBLIC)
    assert any(catalogue.faults for catalogue in reader_site.state.refresher.get_catalogues().values())

    database.run_as_superuser(back)
    reader_site.release(4, **PUBLIC)
    for catalogue in reader_site.state.refresher.get_catalogues().values():
        assert not catalogue.faults
        assert len(catalogue.outputs) == 4


def test_a_manifest_with_a_wrong_predecessor_does_not_continue_the_chain(
    reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed by the portal itself, as after a restore from a backup of an earlier state."""
    reader_site.release(1)
    with monkeypatch.context() as patch:  # a refresh in between would find the fault and carry nothing over
        patch.setattr(reader_site, "renew", lambda: None)
        reader_site.release(2, sealed=False)
    with transaction(write_session_factory(reader_site.worker)) as session:
        record_rows(session)
        (output,) = releases.list_entries(session, reader_site.identity(2))
        statement = to_canonical_json(
            manifests.build_manifest_statement(output, number=2, previous="1" * 64, portal=RELEASE_SIGNER.portal)
        ).decode()
        signature = b64encode(RELEASE_SIGNER.sign(statement.encode())).decode()
        session.add(
            MembersManifest(
                number=2, statement=statement, signature=signature, public_key=RELEASE_SIGNER.public_key.text
            )
        )
    reader_site.renew()

    catalogue = reader_site.state.refresher.get_catalogues()[Audience.MEMBERS]
    assert {fault.kind for fault in catalogue.faults} == {
        CatalogueFaultKind.NO_MANIFEST,
        CatalogueFaultKind.BROKEN_CHAIN,
        CatalogueFaultKind.ROLLED_BACK,
    }


def test_a_ledger_proof_is_added_later_and_read_again_if_changed(
    reader_site: ReaderSite, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def proof_bytes() -> bytes:
        reader_site.renew()
        return (
            reader_site.state.refresher.get_catalogues()[Audience.MEMBERS]
            .get_manifest("CWG-Internet-22-OUT-1")
            .compressed_proof
        )

    reader_site.release(1)
    with monkeypatch.context() as context:
        context.setattr(keeping, "load_snapshot", None)  # the proof is not requested
        database.run_as_superuser("INSERT INTO release.proof (number, entry, proof) VALUES (1, 'one', 'proof')")
        first = proof_bytes()

    database.run_as_superuser("UPDATE release.proof SET entry = 'another'")
    assert (first, proof_bytes()) == (
        compress_inclusion_proof("one", "proof"),
        compress_inclusion_proof("another", "proof"),
    )


def test_ordinary_changes_read_nothing_twice(
    reader_site: ReaderSite, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader_site.release(1, **PUBLIC)
    reader_site.release(2, still_to_come=["zh"], **PUBLIC)

    def never(*_: object) -> None:
        raise AssertionError("everything was read")

    monkeypatch.setattr(keeping, "load_snapshot", never)
    before = reader_site.state.refresher.get_catalogues()
    reader_site.release(3)
    reader_site.complete(2)
    a_place = "INSERT INTO release.proof SELECT number, 'entry', 'proof' FROM release.manifest WHERE number <> 2"
    database.run_as_superuser(a_place)
    reader_site.renew()
    with reader_site.statements() as statements:
        reader_site.renew()
    assert not any(
        "FROM release.file" in each and "sha256" in each for each in statements
    )  # the digest of each was recorded
    reader_site.withdraw(1, instead=3)

    now = reader_site.state.refresher.get_catalogues()
    assert [each.slug[-1] for each in now[Audience.MEMBERS].outputs] == ["3", "2"]
    assert [each.slug[-1] for each in now[Audience.PUBLIC].outputs] == ["2"]
    assert [each.slug[-1] for each in now[Audience.PUBLIC].withdrawn] == ["1"]
    assert now[Audience.MEMBERS].head.number == before[Audience.MEMBERS].head.number + 3
    with reader_site.statements() as statements:
        reader_site.release(4)
    assert sum("FROM release.file" in each and "sha256" in each for each in statements) == 1
    assert now[Audience.MEMBERS].get_output("CWG-Internet-22-OUT-3") is reader_site.state.refresher.get_catalogues()[
        Audience.MEMBERS
    ].get_output("CWG-Internet-22-OUT-3")


def test_an_unchanged_catalogue_keeps_its_cached_pages(reader_site: ReaderSite) -> None:
    reader_site.release(1, **PUBLIC)
    before = dict(reader_site.state.refresher.get_catalogues())

    reader_site.renew()
    assert all(reader_site.state.refresher.get_catalogues()[audience] is before[audience] for audience in Audience)

    reader_site.release(2)
    now = reader_site.state.refresher.get_catalogues()
    assert [now[audience] is before[audience] for audience in (Audience.MEMBERS, Audience.PUBLIC)] == [False, True]


def test_everything_is_proven_exactly_once_a_day(reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch) -> None:
    reader_site.release(1)
    whole_ones: list[int] = []
    monkeypatch.setattr(keeping, "load_snapshot", lambda *args: (whole_ones.append(1), load_snapshot(*args))[1])

    for hours in (1, 23):
        with clock.shifted_clock(timedelta(hours=hours)):
            reader_site.renew()
    assert whole_ones == []
    with clock.shifted_clock(FULL_VERIFICATION_INTERVAL):
        reader_site.renew()
        reader_site.renew()

    assert whole_ones == [1]
