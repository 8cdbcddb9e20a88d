"""People and their sessions: only a digest is stored, limits hold, and sessions end at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import WriteSession, transaction
from app.core.errors import NotFound
from app.core.hashing import hash_secret
from app.domain.identity.actions import accounts, sessions
from app.domain.identity.actions.sessions import MAX_LIVE_SESSIONS
from app.domain.identity.models.tables import Person, UsedSingleUseIdentifier, UserSession
from app.domain.identity.queries import SessionLifetimes, find_session_by_secret
from tests.waiting import is_lock_waiting, wait_until
from tests.world import ISSUER, World, record_rows

LIMITS = SessionLifetimes(idle=timedelta(hours=2), absolute=timedelta(hours=12))
SECOND, THIRD = "the second secret", "the third secret"
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


def test_of_eleven_live_sessions_the_oldest_ends_and_those_that_ran_out_do_not_count(world: World) -> None:
    with clock.shifted_clock(timedelta(hours=-5)):
        idle = world.sign_in("amina")
    secrets = [world.sign_in("amina") for _each in range(MAX_LIVE_SESSIONS)]
    others = world.sign_in("rafael")

    def end_surplus() -> int:
        with transaction(world.write) as session:
            return sessions.end_surplus_sessions(session, session.get_one(Person, world.person("amina").id), LIMITS)

    assert end_surplus() == 0
    secrets.append(world.sign_in("amina"))
    assert end_surplus() == 1
    assert [is_alive(world, each) for each in secrets] == [False] + [True] * 10
    assert is_alive(world, others)
    assert not is_alive(world, idle)


def test_the_provider_ends_the_sessions_that_it_names(world: World) -> None:
    amina, rafael = world.sign_in("amina"), world.sign_in("rafael")

    with transaction(world.write) as session:
        assert (
            sessions.end_sessions_from_provider(session, "https://elsewhere.example", sid="sid-amina", subject=None)
            == 0
        )
        assert sessions.end_sessions_from_provider(session, ISSUER, sid="sid-amina", subject=None) == 1

    assert [is_alive(world, secret) for secret in (amina, rafael)] == [False, True]


def has_ended(world: World, sid: str, issuer: str = ISSUER) -> bool:
    with transaction(world.write) as session:
        return sessions.has_provider_session_ended(session, issuer, sid)


def end_at_provider(world: World, sid: str) -> int:
    with transaction(world.write) as session:
        return sessions.end_sessions_from_provider(session, ISSUER, sid=sid, subject=None)


def test_the_end_of_a_session_at_the_provider_is_remembered_for_sign_ins_under_way(world: World) -> None:
    assert not has_ended(world, "sid-amina")

    assert [end_at_provider(world, "sid-amina") for _report in range(2)] == [0, 0]

    assert has_ended(world, "sid-amina")
    assert not has_ended(world, "sid-rafael")
    assert not has_ended(world, "sid-amina", "https://elsewhere.example")
    with transaction(world.read) as session:
        (kept,) = session.scalars(select(UsedSingleUseIdentifier)).all()
        assert "sid-amina" not in kept.identifier
        assert timedelta(minutes=59) < kept.expires_at - clock.now() <= timedelta(hours=1)


def test_a_sign_in_and_the_end_of_its_session_at_the_provider_wait_for_each_other(world: World) -> None:
    """Neither misses the other: both tables would be read before either was written."""
    with ThreadPoolExecutor(1) as pool:
        with transaction(world.write) as session:
            assert not sessions.has_provider_session_ended(session, ISSUER, "sid-1")
            reported = pool.submit(end_at_provider, world, "sid-1")
            with world.read() as observer:
                wait_until(lambda: is_lock_waiting(observer), "the report does not wait for the sign-in")
            person = session.get_one(Person, world.person("amina").id)
            sessions.create_user_session(session, person, provider_sid="sid-1", browser="")
        assert reported.result() == 1

        with transaction(world.write) as session:
            sessions.end_sessions_from_provider(session, ISSUER, sid="sid-2", subject=None)
            asked = pool.submit(has_ended, world, "sid-2")
            with world.read() as observer:
                wait_until(lambda: is_lock_waiting(observer), "the sign-in does not wait for the report")
        assert asked.result() is True


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


# Signing in again


def renew(
    session: WriteSession, world: World, secret: str, *, who: str = "amina", sid: str = "sid-of-later"
) -> str | None:
    return sessions.renew_user_session(
        session,
        session.get_one(Person, world.person(who).id),
        [secret, SECOND, THIRD],
        LIMITS,
        provider_sid=sid,
        authenticated_at=clock.now(),
        acr=None,
    )


def renew_and_commit(world: World, secret: str, **options: str) -> str | None:
    with transaction(world.write) as session:
        return renew(session, world, secret, **options)


def test_two_tabs_that_come_back_with_one_cookie_get_the_same_secret(world: World) -> None:
    secret = world.sign_in("amina")

    assert [renew_and_commit(world, secret) for _tab in range(2)] == [SECOND, SECOND]

    assert [is_alive(world, each) for each in (secret, SECOND)] == [False, True]
    with transaction(world.write) as session:
        sessions.keep_sign_in_for_approval(session, SECOND, **KEPT)
        assert len(session.scalars(select(UserSession)).all()) == 1


def test_a_tab_that_is_late_keeps_the_secret_of_the_latest_renewal(world: World) -> None:
    secret = world.sign_in("amina")
    renew_and_commit(world, secret)
    with transaction(world.write) as session:
        session.scalars(select(UserSession)).one().secret_digest = hash_secret(THIRD)

    assert renew_and_commit(world, secret) == THIRD


def test_no_one_renews_the_session_of_another_person(world: World) -> None:
    secret = world.sign_in("amina")

    assert renew_and_commit(world, secret, who="rafael") is None
    assert is_alive(world, secret)


@pytest.mark.parametrize("is_ended", [True, False])
def test_a_session_that_ends_or_gets_another_secret_at_that_moment_is_not_renewed(
    world: World, *, is_ended: bool
) -> None:
    """The second renewal finds the session alive, and waits for its row."""
    secret = world.sign_in("amina")

    with ThreadPoolExecutor(1) as pool:
        with transaction(world.write) as session:
            row = session.scalars(select(UserSession)).one()
            row.ended_at = clock.now() if is_ended else None
            row.secret_digest = hash_secret(secret if is_ended else "of somebody else")
            session.flush()
            renewed = pool.submit(renew_and_commit, world, secret)
            with world.read() as observer:
                wait_until(lambda: is_lock_waiting(observer), "the renewal does not wait")
        assert renewed.result() is None

    assert not is_alive(world, SECOND)


def test_the_provider_ends_a_renewed_session_under_its_new_session_there(world: World) -> None:
    renew_and_commit(world, world.sign_in("amina"), sid="sid-of-later")

    with transaction(world.write) as session:
        assert sessions.end_sessions_from_provider(session, ISSUER, sid="sid-of-later", subject=None) == 1


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
