"""A renewal reads and proves what is new, says what reading everything would, and misses nothing that was changed."""

import random
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from app.core import clock
from app.core.canonical_json import to_canonical_json
from app.core.db import transaction, write_session_factory
from app.dissemination import refresh as keeping
from app.domain.releases.models import Audience, ReleasedManifest
from app.domain.releases.queries import manifests
from app.domain.releases.queries import releases as queries
from app.domain.releases.queries.chain_verification import CatalogueFaultKind
from app.domain.releases.queries.inclusion_proofs import compress_inclusion_proof
from app.domain.releases.queries.incremental import FULL_VERIFICATION_INTERVAL, CatalogueSnapshot, load_snapshot
from tests.conftest import Database
from tests.dissemination.read_path_site import NOON, Place
from tests.world import SIGNER

PUBLIC = {"addressees": ["membership", "public"]}
# Each is undone by the one beside it.
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


class Story:
    """What happens to a catalogue, chosen by luck; some of it without that anybody is told."""

    def __init__(self, place: Place, database: Database, luck: random.Random) -> None:
        self.place, self.database, self.luck = place, database, luck
        self.there: list[int] = []
        self.advance: list[int] = []
        self.last = 0
        self.undo: str | None = None
        self.renew = place.renew
        place.renew = lambda: None

    def goes_on(self) -> None:
        """One thing more, and a renewal or none: one that comes late finds several things at once."""
        if self.undo:
            self.database.run_as_superuser(self.undo)
            self.undo = None
        else:
            self.luck.choice(self.possible())()
        if self.luck.random() < 0.7:
            self.renew()

    def possible(self) -> Sequence[Callable[[], object]]:
        some = [self.releases] * 3
        some += [self.withdraws, self.is_changed, self.is_changed, self.gets_a_place] if self.there else []
        return [*some, *([self.completes] if self.advance else [])]

    def releases(self) -> None:
        self.last += 1
        is_advance = self.luck.random() < 0.3
        more = {"still_to_come": ["zh"]} if is_advance else {}
        more |= PUBLIC if self.luck.random() < 0.5 else {}
        when = NOON + timedelta(minutes=self.luck.randrange(50))
        self.place.release(self.last, languages=("en",), released_at=when, topics={"iot": {"en": "Things"}}, **more)
        (self.advance if is_advance else self.there).append(self.last)

    def completes(self) -> None:
        number = self.advance.pop()
        self.place.complete(number)
        self.there.append(number)

    def withdraws(self) -> None:
        self.place.withdraw(self.there.pop(self.luck.randrange(len(self.there))))

    def is_changed(self) -> None:
        """By somebody with the database in their hands."""
        slug = f"CWG-Internet-22-OUT-{self.luck.choice(self.there)}"
        named = {
            "row": f"slug = '{slug}'",
            "part": f"output_id = (SELECT id FROM release.output WHERE slug = '{slug}')",
            "manifest": f"number = (SELECT {self.luck.choice(('min', 'max'))}(number) FROM release.manifest)",
        }
        change, back = (each.format(**named) for each in self.luck.choice(CHANGES))
        self.database.run_as_superuser(change)
        self.undo = back

    def gets_a_place(self) -> None:
        self.database.run_as_superuser(
            "INSERT INTO release.proof SELECT number, 'entry', 'proof' FROM release.manifest"
            " ORDER BY random() LIMIT 1 ON CONFLICT (number) DO UPDATE SET entry = release.proof.entry || '.'"
        )


def whole(place: Place) -> CatalogueSnapshot:
    """What reading and proving everything says, to who knows what this process knows."""
    keeper = place.library.refresher
    with transaction(keeper.read_sessions) as session:
        session.connection(execution_options=keeping.REPEATABLE_READ)
        return load_snapshot(session, keeper.public_keys, keeper._heads)


def plain(reading: CatalogueSnapshot) -> object:
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


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_a_renewal_says_what_reading_everything_says(
    place: Place, database: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: list[bool] = []
    read_on = keeping.update_snapshot
    monkeypatch.setattr(
        keeping, "update_snapshot", lambda *given: (on := read_on(*given), carried.append(on is not None))[0]
    )
    story = Story(place, database, random.Random(seed))

    for _ in range(30):
        story.goes_on()
    story.renew()

    assert plain(place.library.refresher._reading) == plain(whole(place))
    assert {True, False} <= set(carried), "the story had no renewal of both kinds"


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_change_behind_the_back_has_everything_proven_at_the_next_release(
    place: Place, database: Database, number: int
) -> None:
    for each in (1, 2):
        place.release(each, topics={"iot": {"en": "Things"}}, **PUBLIC)
    named = {
        "row": "slug LIKE '%-1'",
        "part": "output_id = (SELECT id FROM release.output WHERE slug LIKE '%-1')",
        "manifest": "number = 1",
    }
    change, back = (each.format(**named) for each in CHANGES[number])

    database.run_as_superuser(f"SET session_replication_role = replica; {change}")  # nobody is told
    place.release(3, **PUBLIC)
    assert any(catalogue.faults for catalogue in place.library.refresher.get_catalogues().values())

    database.run_as_superuser(back)
    place.release(4, **PUBLIC)
    for catalogue in place.library.refresher.get_catalogues().values():
        assert not catalogue.faults
        assert len(catalogue.outputs) == 4


def test_a_manifest_that_names_another_one_before_it_does_not_continue_the_chain(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed by the house, as by one that was put back to an earlier state and went on from there."""
    place.release(1)
    with monkeypatch.context() as untold:  # a renewal in between would find something wrong, and carry nothing on
        untold.setattr(place, "renew", lambda: None)
        place.release(2, sealed=False)
    with transaction(write_session_factory(place.portal)) as session:
        (output,) = queries.list_entries(session, place.identity(2))
        said = to_canonical_json(
            manifests.build_manifest_statement(output, number=2, previous="1" * 64, portal=SIGNER.portal)
        ).decode()
        signature = b64encode(SIGNER.sign(said.encode())).decode()
        session.add(ReleasedManifest(number=2, statement=said, signature=signature, public_key=SIGNER.public_key.text))
    place.renew()

    catalogue = place.library.refresher.get_catalogues()[Audience.MEMBERS]
    assert {fault.kind for fault in catalogue.faults} == {
        CatalogueFaultKind.NO_MANIFEST,
        CatalogueFaultKind.BROKEN_CHAIN,
        CatalogueFaultKind.ROLLED_BACK,
    }


def test_a_place_in_the_ledger_comes_later_and_is_read_again_if_it_was_changed(
    place: Place, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held() -> bytes:
        place.renew()
        return (
            place.library.refresher.get_catalogues()[Audience.MEMBERS]
            .get_manifest("CWG-Internet-22-OUT-1")
            .compressed_proof
        )

    place.release(1)
    with monkeypatch.context() as context:
        context.setattr(keeping, "load_snapshot", None)  # it is not asked
        database.run_as_superuser("INSERT INTO release.proof (number, entry, proof) VALUES (1, 'one', 'proof')")
        first = held()

    database.run_as_superuser("UPDATE release.proof SET entry = 'another'")
    assert (first, held()) == (compress_inclusion_proof("one", "proof"), compress_inclusion_proof("another", "proof"))


def test_an_ordinary_life_reads_nothing_twice(
    place: Place, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.release(1, **PUBLIC)
    place.release(2, still_to_come=["zh"], **PUBLIC)

    def never(*_: object) -> None:
        raise AssertionError("everything was read")

    monkeypatch.setattr(keeping, "load_snapshot", never)
    before = place.library.refresher.get_catalogues()
    place.release(3)
    place.complete(2)
    a_place = "INSERT INTO release.proof SELECT number, 'entry', 'proof' FROM release.manifest WHERE number <> 2"
    database.run_as_superuser(a_place)
    place.renew()
    with place.statements() as statements:
        place.renew()
    assert not any("FROM release.file" in each and "sha256" in each for each in statements)  # each was taken note of
    place.withdraw(1, instead=3)

    now = place.library.refresher.get_catalogues()
    assert [each.slug[-1] for each in now[Audience.MEMBERS].outputs] == ["3", "2"]
    assert [each.slug[-1] for each in now[Audience.PUBLIC].outputs] == ["2"]
    assert [each.slug[-1] for each in now[Audience.PUBLIC].withdrawn] == ["1"]
    assert now[Audience.MEMBERS].head.number == before[Audience.MEMBERS].head.number + 3
    with place.statements() as statements:
        place.release(4)
    assert sum("FROM release.file" in each and "sha256" in each for each in statements) == 1
    assert now[Audience.MEMBERS].get_output("CWG-Internet-22-OUT-3") is place.library.refresher.get_catalogues()[
        Audience.MEMBERS
    ].get_output("CWG-Internet-22-OUT-3")


def test_where_nothing_is_different_the_catalogue_stays_with_the_pages_that_were_written(place: Place) -> None:
    place.release(1, **PUBLIC)
    before = dict(place.library.refresher.get_catalogues())

    place.renew()
    assert all(place.library.refresher.get_catalogues()[audience] is before[audience] for audience in Audience)

    place.release(2)
    now = place.library.refresher.get_catalogues()
    assert [now[audience] is before[audience] for audience in (Audience.MEMBERS, Audience.PUBLIC)] == [False, True]


def test_everything_is_proven_once_a_day_and_not_more_often(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.release(1)
    whole_ones: list[int] = []
    monkeypatch.setattr(keeping, "load_snapshot", lambda *given: (whole_ones.append(1), load_snapshot(*given))[1])

    for hours in (1, 23):
        with clock.shifted_clock(timedelta(hours=hours)):
            place.renew()
    assert whole_ones == []
    with clock.shifted_clock(FULL_VERIFICATION_INTERVAL):
        place.renew()
        place.renew()

    assert whole_ones == [1]
