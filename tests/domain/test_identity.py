"""People and their sessions: only a digest is stored, limits hold, and sessions end at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.hashing import hash_secret
from app.domain.identity.actions import accounts, sessions
from app.domain.identity.models.tables import UserSession
from app.domain.identity.queries import SessionLifetimes, find_session_by_secret
from tests.world import ISSUER, World, record_rows

LIMITS = SessionLifetimes(idle=timedelta(hours=2), absolute=timedelta(hours=12))
KEPT = {"statement": "of an approval", "id_token": "a.b.c"}


def is_alive(world: World, secret: str) -> bool:
    with transaction(world.read) as session:
        return find_session_by_secret(session, secret, LIMITS) is not None


def test_a_session_is_found_by_its_secret_and_the_table_holds_only_the_digest(world: World) -> None:
    secret = world.sign_in("amina")

    with transaction(world.read) as session:
        user_session_row = find_session_by_secret(session, secret, LIMITS)
        stored = session.scalars(select(UserSession.secret_digest)).all()

    assert user_session_row is not None
    assert user_session_row[1].name == "Amina Wanjiru Otieno"
    assert secret not in stored
    assert stored == [hash_secret(secret)]
    assert len(secret) >= 43


def test_an_idle_session_ends(world: World) -> None:
    secret = world.sign_in("amina")

    with clock.shifted_clock(timedelta(minutes=119)):
        assert is_alive(world, secret)
    with clock.shifted_clock(timedelta(minutes=121)):
        assert not is_alive(world, secret)


def test_a_session_ends_after_its_maximum_duration(world: World) -> None:
    secret = world.sign_in("amina")
    with transaction(world.read) as session:
        user_session = session.scalars(select(UserSession.id)).one()

    for hours in range(1, 12):
        with clock.shifted_clock(timedelta(hours=hours)), transaction(world.write) as session:
            sessions.touch_session(session, user_session)

    with clock.shifted_clock(timedelta(hours=11, minutes=59)):
        assert is_alive(world, secret)
    with clock.shifted_clock(timedelta(hours=12, minutes=1)):
        assert not is_alive(world, secret)


def test_a_person_ends_only_their_own_session(world: World) -> None:
    own, other = world.sign_in("amina"), world.sign_in("rafael")
    with transaction(world.read) as session:
        ids = dict(session.execute(select(UserSession.secret_digest, UserSession.id)).all())

    with pytest.raises(NotFound), world.acting("amina") as (session, actor):
        accounts.end_own_session(session, actor, ids[hash_secret(other)])
    assert is_alive(world, other)

    with world.acting("amina") as (session, actor):
        accounts.end_own_session(session, actor, ids[hash_secret(own)])
    assert not is_alive(world, own)


def test_signing_out_everywhere_ends_every_session_of_the_person(world: World) -> None:
    phone, computer, other = world.sign_in("amina"), world.sign_in("amina"), world.sign_in("rafael")

    with world.acting("amina") as (session, actor):
        assert accounts.end_all_own_sessions(session, actor) == 2

    assert [is_alive(world, secret) for secret in (phone, computer, other)] == [False, False, True]


def test_the_provider_ends_the_sessions_that_it_names(world: World) -> None:
    amina, rafael = world.sign_in("amina"), world.sign_in("rafael")

    with transaction(world.write) as session:
        assert (
            sessions.end_sessions_from_provider(session, "https://elsewhere.example", sid="sid-amina", subject=None)
            == 0
        )
        assert sessions.end_sessions_from_provider(session, ISSUER, sid="sid-amina", subject=None) == 1

    assert [is_alive(world, secret) for secret in (amina, rafael)] == [False, True]


def test_a_person_is_identified_by_issuer_and_subject_and_never_by_mail_address(world: World) -> None:
    same_address = world.claims("amina").model_copy(update={"subject": "another"})

    with transaction(world.write) as session:
        record_rows(session)
        other = sessions.save_person_from_claims(session, same_address)
        same = sessions.save_person_from_claims(session, world.claims("amina"))

    assert other.email == same.email
    assert other.id != same.id
    assert same.id == world.person("amina").id


def test_a_one_time_token_works_once_and_is_deleted_after_its_expiry(world: World) -> None:
    def use() -> bool:
        with transaction(world.write) as session:
            return sessions.mark_single_use_identifier_used(session, "sign-in one", clock.now() + timedelta(minutes=10))

    assert use() is True
    assert use() is False
    with clock.shifted_clock(timedelta(minutes=11)):
        assert use() is True


def list_kept(world: World) -> list[bool]:
    with transaction(world.read) as session:
        return [row is not None for row in session.scalars(select(UserSession.approval).order_by(UserSession.began_at))]


def test_the_sign_in_for_an_approval_is_forgotten_when_its_session_ends(world: World) -> None:
    phone, computer = world.sign_in("amina"), world.sign_in("amina")
    with transaction(world.write) as session:
        for secret in (phone, computer):
            sessions.keep_sign_in_for_approval(session, secret, **KEPT)
    assert list_kept(world) == [True, True]

    with transaction(world.write) as session:
        sessions.end_sessions(session, UserSession.secret_digest == hash_secret(phone), "own")

    assert list_kept(world) == [False, True]


def test_an_unused_sign_in_for_an_approval_is_cleared_after_its_time(world: World) -> None:
    earlier, later = world.sign_in("amina"), world.sign_in("amina")
    for secret, ago in ((earlier, timedelta(minutes=11)), (later, timedelta(minutes=9))):
        with clock.shifted_clock(-ago), transaction(world.write) as session:
            sessions.keep_sign_in_for_approval(session, secret, **KEPT)

    with transaction(world.write) as session:
        assert sessions.clear_unused_sign_ins(session, clock.now() - timedelta(minutes=10)) == 1

    assert list_kept(world) == [False, True]
