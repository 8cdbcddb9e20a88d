"""Settings: values that are refused in production."""

from base64 import b64encode
from itertools import combinations
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from app.core.signing import Signer, SigningPurpose
from app.key_settings import PRIVATE_KEY_SETTINGS, PUBLIC_KEY_SETTINGS
from app.server.database_urls import MissingSetting, with_embedded_database_if_unset
from app.settings import Settings
from tests.world import (
    MAIL_SECRET,
    PRIVATE_KEYS,
    PUBLIC_KEY_LISTS,
    RELEASE_KEY,
    RELEASE_SIGNER,
)

GOOD = "k3L9-vb2Q_x7Tz0Wm4Rj8Ys1Nc6Hd5Pf"
KEY, OTHER_KEY = (b64encode(bytes(range(start, start + 32))).decode() for start in (100, 140))
PUBLISHED = b64encode(bytes(range(32))).decode()  # the example of docs/receipts.md

RECEIPTS, RELEASES, LEDGER = PUBLIC_KEY_LISTS
ONE_KEY = Signer.from_secret("", KEY).public_key.text  # with which an earlier version signed everything


def list_keys_with(key: str, *names: str) -> dict[str, str]:
    """Return the three lists, with a key behind the first in these."""
    return {name: f"{first},{key}" if name in names else first for name, first in PUBLIC_KEY_LISTS.items()}


@pytest.mark.parametrize("secret", ["", "changeme", "short-but-random-7f", "a" * 40, "password" + "0123456789" * 3])
def test_a_weak_secret_is_refused(secret: str) -> None:
    Settings(session_secret=GOOD).require_strong_secrets("session_secret")

    with pytest.raises(ValueError, match="CWG_SESSION_SECRET"):
        Settings(session_secret=secret).require_strong_secrets("session_secret")


@pytest.mark.parametrize("purpose", SigningPurpose)
@pytest.mark.parametrize("key", ["", "A" * 43 + "=", PUBLISHED])
def test_an_absent_plain_or_published_key_is_refused(purpose: SigningPurpose, key: str) -> None:
    name = PRIVATE_KEY_SETTINGS[purpose]
    Settings(**{name: KEY}).require_keys(signing=(purpose,))

    with pytest.raises(ValueError, match=f"CWG_{name.upper()}"):
        Settings(**{name: key}).require_keys(signing=(purpose,))


WRONG_KEYS = ["changeme", KEY[:20], KEY + "AAAA", "no base64 at all, but as long as one is......"]


@pytest.mark.parametrize("name", ["witness_key", *PUBLIC_KEY_LISTS])
@pytest.mark.parametrize("key", WRONG_KEYS)
def test_a_key_is_32_bytes_and_a_wrong_one_is_not_shown(name: str, key: str) -> None:
    Settings(**{name: KEY})

    with pytest.raises(ValidationError, match="32 bytes in base64") as error:
        Settings(**{name: key})
    assert key not in str(error.value)


@pytest.mark.parametrize("purpose", SigningPurpose)
@pytest.mark.parametrize("key", WRONG_KEYS)
def test_a_wrong_private_key_is_refused_where_it_signs_and_not_shown(purpose: SigningPurpose, key: str) -> None:
    name = PRIVATE_KEY_SETTINGS[purpose]
    Settings(**{name: KEY}).build_signer(purpose)

    with pytest.raises(ValueError, match=f"CWG_{name.upper()}.*32 bytes in base64") as error:
        Settings(**{name: key}).build_signer(purpose)
    assert key not in str(error.value)


@pytest.mark.parametrize("name", ["portal_url", "read_url", "oidc_issuer"])
def test_plain_http_is_for_loopback_only(name: str) -> None:
    Settings(**{name: "http://127.0.0.1:8005"})
    Settings(**{name: "https://portal.example.org"})

    with pytest.raises(ValidationError, match="plain http is for loopback only"):
        Settings(**{name: "http://portal.example.org"})


@pytest.mark.parametrize(
    "address",
    [
        "http://collector.example.org:4318",
        "collector:4318",
        "https://me:pass@collector.example.org",
        "https://c/?key=1",
    ],
)
def test_traces_are_sent_only_to_a_protected_url(address: str) -> None:
    assert Settings(traces="https://collector.example.org:4318/").traces == "https://collector.example.org:4318"
    assert Settings(traces="http://127.0.0.1:4318").traces == "http://127.0.0.1:4318"

    with pytest.raises(ValidationError):
        Settings(traces=address)


def test_the_demo_provider_is_refused_outside_the_demo() -> None:
    issuer = "http://127.0.0.1:8002/demo-provider"
    Settings(demo=True, oidc_issuer=issuer)

    with pytest.raises(ValidationError, match="signs anybody in"):
        Settings(oidc_issuer=issuer)


@pytest.mark.parametrize("algorithms", ["none", "HS256", "RS256,none", ""])
def test_only_public_key_signatures_are_accepted(algorithms: str) -> None:
    assert Settings(oidc_algorithms="RS256, ES256").oidc_algorithms == ("RS256", "ES256")

    with pytest.raises(ValidationError, match="only signatures with a public key"):
        Settings(oidc_algorithms=algorithms)


def test_settings_cannot_be_changed_after_the_start() -> None:
    with pytest.raises(ValidationError):
        Settings().demo = True


def test_the_read_path_uses_the_provider_of_the_portal_unless_it_has_its_own() -> None:
    shared = Settings(oidc_issuer="https://a.example", oidc_client_id="portal", oidc_client_secret="s")
    separate = shared.model_copy(update={"read_oidc_client_id": "reader"})

    assert shared.read_path_provider() == ("https://a.example", "portal", "s")
    assert separate.read_path_provider() == ("https://a.example", "reader", "s")


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ("store_url", "release_store_url", "file:///one/store"),
        ("portal_url", "read_url", "https://one.example"),
        ("database_url", "reader_database_url", "postgresql+psycopg://one@/one"),
        ("database_url", "worker_database_url", "postgresql+psycopg://one@/one"),
        ("worker_database_url", "reader_database_url", "postgresql+psycopg://one@/one"),
    ],
)
def test_portal_and_read_path_share_nothing(one: str, other: str, value: str) -> None:
    Settings(**{one: value})

    with pytest.raises(ValidationError, match="the two sides share nothing"):
        Settings(**{one: value, other: value})


def test_the_read_databases_that_are_compared_are_those_of_both_settings_once() -> None:
    one, two, three = (f"postgresql+psycopg://cwg_reader@h/r{number}" for number in range(3))
    assert Settings().compared_database_urls == ()
    assert Settings(reader_database_url=one).compared_database_urls == (one,)
    several = Settings(reader_database_url=one, other_reader_database_urls=f"{two}, {three},{one}")
    assert several.compared_database_urls == (one, two, three)
    with pytest.raises(ValidationError, match="must be an address, such as postgresql"):
        Settings(other_reader_database_urls="read-2.example.org")


@pytest.mark.parametrize(
    "other",
    [
        "postgresql+psycopg://cwg_nightly:q@/cwg_read?host=reader-a",
        "postgresql://cwg_reader@reader-a/cwg_read",
    ],
)
def test_two_addresses_of_one_read_database_are_refused(other: str) -> None:
    one = "postgresql+psycopg://cwg_reader:p@/cwg_read?host=reader-a"
    assert Settings(reader_database_url=one, other_reader_database_urls=one.replace("-a", "-b"))

    with pytest.raises(ValidationError, match="each must be another database"):
        Settings(reader_database_url=one, other_reader_database_urls=other)


SECRET_SETTINGS = [name for name, field in Settings.model_fields.items() if field.annotation is SecretStr]
MAIL_URLS = ("smtp_url", "mail_returns")
KEY_IDS = {"store_secret_key": "store_key_id", "release_store_secret_key": "release_store_key_id"}
URL_SAFE_KEY = KEY.translate(str.maketrans("+/", "-_")).rstrip("=")  # the same key, written in another way


def set_secrets(secrets: dict[str, str]) -> Settings:
    """Settings with these secrets, and what belongs to them."""
    return Settings(**secrets, **{KEY_IDS[name]: "of-ours" for name in secrets if name in KEY_IDS})


def test_no_two_secrets_are_equal() -> None:
    for one, other in combinations([name for name in SECRET_SETTINGS if name not in MAIL_URLS], 2):
        set_secrets({one: KEY, other: OTHER_KEY})
        if {one, other} == {"oidc_client_secret", "read_oidc_client_secret"}:
            set_secrets({one: KEY, other: KEY})  # one client of the provider
            continue
        for value in (KEY, URL_SAFE_KEY):
            with pytest.raises(ValidationError, match="must differ: each secret is for one thing") as error:
                set_secrets({one: KEY, other: value})
            assert KEY not in str(error.value)


@pytest.mark.parametrize("name", [each for each in SECRET_SETTINGS if each not in {*PRIVATE_KEYS, *MAIL_URLS}])
def test_no_other_secret_is_the_private_half_of_a_listed_key(name: str) -> None:
    """As if the one key of an earlier version were used again as the secret of e-mails: the portal could sign all."""
    set_secrets({name: KEY, **PUBLIC_KEY_LISTS})

    for listed in PUBLIC_KEY_LISTS:
        for value in (KEY, URL_SAFE_KEY):
            with pytest.raises(
                ValidationError, match=f"CWG_{name.upper()} is the private half of a key in CWG_"
            ) as error:
                set_secrets({name: value, **list_keys_with(ONE_KEY, listed)})
            assert listed.upper() in str(error.value)
            assert value not in str(error.value)


def test_the_demo_is_for_loopback_only() -> None:
    Settings(demo=True)

    with pytest.raises(ValidationError, match="loopback"):
        Settings(demo=True, portal_url="https://portal.example.org")


def test_the_portals_secret_is_not_sent_to_another_provider() -> None:
    settings = Settings(oidc_issuer="https://a.example", oidc_client_secret="s", read_oidc_issuer="https://b.example")

    assert settings.read_path_provider()[2] == ""


@pytest.mark.parametrize(
    "url", ["https://P.example", "https://p.example:443", "https://u@p.example", "https://p.example/#x"]
)
def test_a_url_is_written_as_a_browser_writes_it(url: str) -> None:
    Settings(portal_url="https://p.example:8443")

    with pytest.raises(ValidationError):
        Settings(portal_url=url)


PROVIDER = {"oidc_issuer": "https://idp.example", "oidc_client_id": "portal", "oidc_client_secret": "s"}
PUBLIC = {"portal_url": "https://p.example", "read_url": "https://r.example"}
SECRETS = {
    "session_secret": GOOD,
    "read_session_secret": GOOD[::-1],
    **PRIVATE_KEYS,
    **PUBLIC_KEY_LISTS,
}


@pytest.mark.parametrize("name", PROVIDER)
@pytest.mark.parametrize("insist", [Settings.require_portal_settings, Settings.require_read_path_settings])
def test_a_public_server_without_a_working_sign_in_is_not_started(insist, name: str) -> None:
    insist(Settings(**PUBLIC, **SECRETS, **PROVIDER))
    insist(Settings(**SECRETS, **PROVIDER | {name: ""}))

    with pytest.raises(ValueError, match=rf"OIDC_{name.removeprefix('oidc_').upper()} is empty.*register"):
        insist(Settings(**PUBLIC, **SECRETS, **PROVIDER | {name: ""}))


# A key for each purpose

PORTAL_SECRETS = {"session_secret": GOOD, "receipt_key": PRIVATE_KEYS["receipt_key"]}
WORKER_SECRETS = {name: PRIVATE_KEYS[name] for name in ("release_key", "ledger_key")} | {
    name: PROVIDER[name]
    for name in ("oidc_issuer", "oidc_client_id")  # it verifies the sign-ins behind approvals
}
READ_SECRETS = {"read_session_secret": GOOD}
PROCESSES = [
    (Settings.require_portal_settings, PORTAL_SECRETS),
    (Settings.require_worker_settings, WORKER_SECRETS),
    (Settings.require_read_path_settings, READ_SECRETS),
]
NAMES = ["portal", "worker", "read"]


@pytest.mark.parametrize(("insist", "secrets"), PROCESSES, ids=NAMES)
def test_a_process_needs_its_own_secrets_and_ignores_those_of_others(insist, secrets: dict[str, str]) -> None:
    insist(Settings(**secrets, **PUBLIC_KEY_LISTS))
    others = {name: f"no key at all: {name}" for name in PRIVATE_KEYS.keys() - secrets.keys()}
    insist(Settings(**secrets, **PUBLIC_KEY_LISTS, **others))

    for name in secrets:
        with pytest.raises(ValueError, match=f"CWG_{name.upper()}"):
            insist(Settings(**secrets | {name: ""}, **PUBLIC_KEY_LISTS))


@pytest.mark.parametrize(("insist", "secrets"), PROCESSES, ids=NAMES)
@pytest.mark.parametrize("purpose", SigningPurpose)
def test_a_list_of_public_keys_may_be_empty_only_where_the_private_key_is(
    insist, secrets: dict[str, str], purpose: SigningPurpose
) -> None:
    name = PUBLIC_KEY_SETTINGS[purpose]
    without = Settings(**secrets, **PUBLIC_KEY_LISTS | {name: ""})

    if PRIVATE_KEY_SETTINGS[purpose] in secrets:
        insist(without)
        assert [key.text for key in without.get_public_keys(purpose)] == [PUBLIC_KEY_LISTS[name]]
    else:
        with pytest.raises(ValueError, match=f"CWG_{name.upper()} is empty"):
            insist(without)
        others = Settings(**secrets | PRIVATE_KEYS, **PUBLIC_KEY_LISTS | {name: ""})
        with pytest.raises(ValueError, match=f"CWG_{name.upper()} is empty"):
            insist(others)  # not even from a private key that lies there: it belongs to another process


def test_a_list_begins_with_the_key_that_signs_and_may_name_the_next_and_earlier_ones() -> None:
    current, following, earlier = RELEASE_SIGNER.public_key.text, KEY, PUBLISHED

    def worker(*keys: str) -> Settings:
        return Settings(**WORKER_SECRETS, **PUBLIC_KEY_LISTS | {"release_public_keys": ",".join(keys)})

    for keys in ((current,), (current, following), (current, following, earlier)):
        worker(*keys).require_worker_settings()
        signer = worker(*keys).build_signer(SigningPurpose.RELEASES)
        assert [key.text for key in signer.public_keys] == list(keys)
        assert signer.public_key.text == current
    for keys in ((following,), (following, current)):
        with pytest.raises(ValueError, match="CWG_RELEASE_PUBLIC_KEYS must begin with the public half") as error:
            worker(*keys).require_worker_settings()
        assert current in str(error.value)
        assert RELEASE_KEY not in str(error.value)


@pytest.mark.parametrize(("insist", "secrets"), PROCESSES, ids=NAMES)
def test_a_key_is_for_one_purpose(insist, secrets: dict[str, str]) -> None:
    """But the one key of earlier versions is for all three, as long as it signs no more."""
    insist(Settings(**secrets, **list_keys_with(ONE_KEY, RECEIPTS)))  # an earlier key of this purpose
    insist(Settings(**secrets, **list_keys_with(ONE_KEY, RECEIPTS, RELEASES, LEDGER)))

    first_of_receipts = PUBLIC_KEY_LISTS[RECEIPTS]
    for lists in (
        list_keys_with(ONE_KEY, RECEIPTS, LEDGER),
        list_keys_with(first_of_receipts, RELEASES),
        list_keys_with(first_of_receipts, RELEASES, LEDGER),
        list_keys_with(first_of_receipts, RECEIPTS, RELEASES, LEDGER),
        list_keys_with(PUBLIC_KEY_LISTS[LEDGER], RECEIPTS),
    ):
        with pytest.raises(ValueError, match=r"is in CWG_.* and CWG_.*: create one key for each purpose.*behind the"):
            insist(Settings(**secrets, **lists))


def test_one_key_first_in_two_lists_is_refused() -> None:
    lists = PUBLIC_KEY_LISTS | {RECEIPTS: PUBLIC_KEY_LISTS[LEDGER]}
    Settings(**READ_SECRETS, **PUBLIC_KEY_LISTS).require_read_path_settings()

    with pytest.raises(ValueError, match="create one key for each purpose"):
        Settings(**READ_SECRETS, **lists).require_read_path_settings()


@pytest.mark.parametrize("purpose", [SigningPurpose.RELEASES, SigningPurpose.LEDGER])
def test_a_command_that_signs_for_one_purpose_accepts_the_one_key_of_earlier_versions(purpose: SigningPurpose) -> None:
    own = {PUBLIC_KEY_SETTINGS[purpose]: f"{PUBLIC_KEY_LISTS[PUBLIC_KEY_SETTINGS[purpose]]},{ONE_KEY}"}

    for lists in (own, list_keys_with(ONE_KEY, RECEIPTS, RELEASES, LEDGER)):
        Settings(**WORKER_SECRETS, **lists).require_keys(signing=(purpose,))


@pytest.mark.parametrize(("insist", "secrets"), PROCESSES[:2], ids=NAMES[:2])
def test_who_sends_mail_needs_the_secret_of_its_links(insist, secrets: dict[str, str]) -> None:
    mail = {"smtp_url": "smtp://relay.example.org", "mail_from": "portal@example.org"}
    insist(Settings(**secrets, **PUBLIC_KEY_LISTS))
    insist(Settings(**secrets, **PUBLIC_KEY_LISTS, **mail, mail_secret=MAIL_SECRET))

    for secret in ("", "short"):
        with pytest.raises(ValueError, match="CWG_MAIL_SECRET"):
            insist(Settings(**secrets, **PUBLIC_KEY_LISTS, **mail, mail_secret=secret))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_portal_never_gets_the_embedded_database(name: str, tmp_path: Path) -> None:
    settings = Settings(**{name: PUBLIC[name]})

    with (
        pytest.raises(MissingSetting, match="CWG_DATABASE_URL is not set: give"),
        with_embedded_database_if_unset(settings, "database_url", home=tmp_path),
    ):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("session_idle_minutes", 480),
        ("session_hours", 24),
        ("read_session_minutes", 720),
        ("upload_grace_minutes", 240),
    ],
)
def test_session_and_grace_durations_are_finite(name: str, most: int) -> None:
    Settings(**{name: most})

    for value in (most + 1, -1):
        with pytest.raises(ValidationError, match=name):
            Settings(**{name: value})


def test_acts_need_a_recent_sign_in_that_leaves_time_to_decide() -> None:
    for minutes in (5, 15, 60):
        assert Settings(**PUBLIC, step_up_minutes=minutes).step_up_minutes == minutes
    assert Settings(step_up_minutes=0).step_up_minutes == 0  # on loopback

    with pytest.raises(ValidationError, match="CWG_STEP_UP_MINUTES=0 is for loopback only"):
        Settings(**PUBLIC, step_up_minutes=0)
    for minutes in (-1, 1, 4, 61):
        with pytest.raises(ValidationError, match=r"step_up_minutes|CWG_STEP_UP_MINUTES"):
            Settings(step_up_minutes=minutes)


def test_a_class_of_sign_in_is_not_switched_off_with_the_limit_of_its_age() -> None:
    assert Settings(step_up_minutes=5, step_up_acr="gold").step_up_acr == "gold"
    assert Settings(step_up_minutes=0).step_up_acr == ""

    with pytest.raises(ValidationError, match="CWG_STEP_UP_ACR would not be checked"):
        Settings(step_up_minutes=0, step_up_acr="gold")


def test_a_session_is_not_idle_for_longer_than_it_lasts() -> None:
    with pytest.raises(ValidationError, match="CWG_SESSION_IDLE_MINUTES"):
        Settings(session_idle_minutes=61, session_hours=1)


@pytest.mark.parametrize(
    "url", ["relay", "smtp://u:p4ssw0rd@relay.example.org", "https://relay.example.org", "smtps://relay.example.org/x"]
)
def test_a_mail_server_must_protect_the_password_and_a_wrong_url_is_not_shown(url: str) -> None:
    Settings(smtp_url="smtp+starttls://u:p4ssw0rd@relay.example.org", mail_from="portal@example.org")

    with pytest.raises(ValidationError, match="smtps://") as error:
        Settings(smtp_url=url, mail_from="portal@example.org")
    assert "p4ssw0rd" not in str(error.value)


@pytest.mark.parametrize("sender", ["", "portal", "Portal <portal@example.org>", "a@example.org\nBcc: b@example.org"])
def test_mail_is_sent_from_one_address(sender: str) -> None:
    assert Settings(smtp_url="smtp://relay", mail_from="portal@example.org").sends_mail
    assert not Settings().sends_mail

    with pytest.raises(ValidationError):
        Settings(smtp_url="smtp://relay", mail_from=sender)


def test_each_store_is_reached_with_its_own_key_and_a_half_key_is_refused() -> None:
    keys = {
        "store_key_id": "portal",
        "store_secret_key": "of-the-portal",
        "release_store_key_id": "reading",
        "release_store_secret_key": "of-the-read-path",
    }
    settings = Settings(store_url="s3://store", release_store_url="s3://release", **keys)

    stores = (settings.open_store(), settings.open_release_store())

    assert [each.bucket.config["access_key_id"] for each in stores] == ["portal", "reading"]
    assert "of-the" not in repr(settings)
    for missing in keys:
        with pytest.raises(ValidationError, match="set both, or none"):
            Settings(**{name: value for name, value in keys.items() if name != missing})
