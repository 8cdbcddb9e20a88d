"""Reading of OIDC claims: which claim is read from which provider, and which one stops a sign-in by name."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.core.errors import BadRequest
from app.demo.cast import CAST
from app.demo.issuing import build_claims
from app.domain.identity.models.claims import (
    KNOWN_ROLES,
    ClaimNames,
    Claims,
    MembershipCategory,
    UnusableClaims,
    read_claims,
)

ISSUER = "https://id.example.org"
HONEST = {
    "sub": "amina",
    "name": "Amina Otieno",
    "email": "amina@example.org",
    "locale": "en-GB",
    "membership": "member_state",
    "entity": "KEN",
    "entity_name": "Kenya",
    "roles": ["delegate"],
}
NAMES = ClaimNames()


def read_with(changes=None, *, userinfo=None, names=NAMES, without=()):
    token = {name: value for name, value in (HONEST | (changes or {})).items() if name not in without}
    return read_claims(ISSUER, token, userinfo or {}, names)


@pytest.fixture(autouse=True)
def complete_claims_are_read():
    claims = read_with()
    assert (claims.issuer, claims.subject, claims.membership) == (ISSUER, "amina", MembershipCategory.MEMBER_STATE)
    assert (claims.entity, claims.entity_name, claims.roles) == ("KEN", "Kenya", {"delegate"})


@pytest.mark.parametrize("claim", sorted(HONEST))
def test_a_missing_claim_stops_the_sign_in_and_is_named(claim):
    with pytest.raises(BadRequest, match=rf"Missing: {claim}\."):
        read_with(without=[claim])


def test_all_missing_claims_are_named_at_once():
    with pytest.raises(BadRequest, match=r"Missing: locale, entity_name, roles\."):
        read_with(without=["roles", "entity_name", "locale"])


def test_a_missing_claim_is_named_as_the_provider_names_it():
    with pytest.raises(BadRequest, match=r"Missing: realm_access\.roles\."):
        read_with(names=ClaimNames(roles="realm_access.roles"))


def test_claims_are_found_in_userinfo_too():
    claims = read_claims(ISSUER, {"sub": "amina"}, HONEST, NAMES)

    assert claims == read_with()


def test_the_token_wins_over_userinfo():
    assert read_with(userinfo=HONEST | {"name": "Somebody Else", "roles": []}).name == "Amina Otieno"


@pytest.mark.parametrize(
    ("claim", "value"),
    [("sub", "joseph"), ("sub", None), ("membership", "itu_staff"), ("entity", "BRA"), ("entity", "")],
)
def test_token_and_userinfo_must_agree_on_subject_and_entity(claim, value):
    assert read_with(userinfo=HONEST) == read_with()

    with pytest.raises(BadRequest, match=rf"contradictory information.*correct: {claim}\."):
        read_with(userinfo=HONEST | {claim: value})


def test_unlisted_claims_are_ignored():
    assert read_with({"email_verified": False, "groups": ["secretariat"], "chair": True}) == read_with()


@pytest.mark.parametrize("value", ["true", 1, "yes", None, False, [True]])
def test_an_address_is_verified_only_if_the_answer_that_has_it_says_true(value: object) -> None:
    assert read_with({"email_verified": True}).is_email_verified
    assert read_claims(ISSUER, {"sub": "amina"}, HONEST | {"email_verified": True}, NAMES).is_email_verified

    assert not read_with({"email_verified": value}).is_email_verified
    assert not read_with(userinfo=HONEST | {"email_verified": True}).is_email_verified, "the address is in the token"
    assert not read_with({"email_verified": True}, names=replace(NAMES, email_verified="")).is_email_verified


def test_an_unknown_role_is_ignored_and_logged():
    with capture_logs() as lines:
        claims = read_with({"roles": ["delegate", "Chair", "secretary ", "offline_access"]})

    assert claims.roles == {"delegate"}
    assert lines == [
        {"event": "claims.roles_unknown", "log_level": "info", "roles": ["Chair", "offline_access", "secretary "]}
    ]


@pytest.mark.parametrize("role", sorted(KNOWN_ROLES))
def test_each_known_role_is_read(role):
    assert read_with({"roles": [role]}).roles == {role}


@pytest.mark.parametrize("roles", ["delegate", {"delegate": True}, None, [None], ["a" * 101], ["a"] * 501, [["a"]]])
def test_roles_that_are_not_a_list_of_words_are_refused(roles):
    with pytest.raises(BadRequest, match="roles"):
        read_with({"roles": roles})


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("membership", "MEMBER_STATE"),
        ("membership", "observer"),
        ("membership", ["member_state"]),
        ("membership", ""),
        ("entity", "ken"),
        ("entity", "KENYA"),
        ("entity", "KE"),
        ("entity", ""),
        ("entity", "KEN\n"),
        ("entity", ["KEN"]),
        ("entity_name", ""),
        ("entity_name", "K" * 201),
        ("name", ""),
        ("name", "A" * 201),
        ("name", "Amina\u202eotieno"),
        ("name", " Amina"),
        ("name", 7),
        ("email", "amina"),
        ("email", "a@b@c"),
        ("email", "amina@example.org\n"),
        ("email", "a" * 250 + "@example.org"),
        ("locale", "english please"),
        ("locale", ""),
        ("sub", ""),
        ("sub", "a" * 256),
        ("sub", "a\x00b"),
    ],
)
def test_an_invalid_value_is_refused_and_named(claim, value):
    with pytest.raises(BadRequest, match=rf"correct: {claim}\."):
        read_with({claim: value})


def test_entities_other_than_states_have_their_own_codes():
    assert read_with({"membership": "sector_member", "entity": "LANTERN-TELECOM"}).entity == "LANTERN-TELECOM"
    assert read_with({"membership": "res99", "entity": "PSE"}).entity == "PSE"
    for membership, entity in [
        ("res99", "LANTERN-TELECOM"),
        ("sector_member", "-X"),
        ("academia", "A"),
        ("itu_staff", ""),
    ]:
        with pytest.raises(BadRequest, match="correct: entity"):
            read_with({"membership": membership, "entity": entity})


def test_external_people_may_have_no_entity():
    assert read_with({"membership": "external", "entity": "", "entity_name": ""}).entity == ""
    assert read_with({"membership": "external"}, without=["entity", "entity_name"]).entity_name == ""


def test_nested_roles_of_keycloak_are_read():
    token = HONEST | {"realm_access": {"roles": ["focal_point", "offline_access"]}}
    token |= {"member": {"category": "res99", "of": {"code": "PSE", "name": "State of Palestine"}}}
    names = ClaimNames(
        roles="realm_access.roles", membership="member.category", entity="member.of.code", entity_name="member.of.name"
    )

    claims = read_claims(ISSUER, token, {}, names)

    assert (claims.roles, claims.membership, claims.entity) == ({"focal_point"}, "res99", "PSE")


def test_extension_and_mail_claims_of_entra_are_read():
    token = {
        "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
        "name": "Amina Otieno",
        "preferred_username": "amina@example.org",
        "xms_pl": "en-us",
        "extension_5f0c_membership": "member_state",
        "extension_5f0c_entity": "KEN",
        "extension_5f0c_entityName": "Kenya",
        "roles": ["delegate"],
    }
    names = ClaimNames(
        membership="extension_5f0c_membership",
        entity="extension_5f0c_entity",
        entity_name="extension_5f0c_entityName",
        email="preferred_username",
        locale="xms_pl",
    )

    assert read_claims(ISSUER, token, {"sub": token["sub"]}, names).entity == "KEN"


def test_a_name_with_dots_is_a_path_and_never_a_flat_claim():
    names = ClaimNames(entity="member.code")
    token = {name: value for name, value in HONEST.items() if name != "entity"} | {"member.code": "BRA"}

    assert read_claims(ISSUER, token | {"member": {"code": "KEN"}}, {}, names).entity == "KEN"
    with pytest.raises(BadRequest, match=r"Missing: member\.code\."):
        read_claims(ISSUER, token, {}, names)


@pytest.mark.parametrize("entity", ["ZZZ", "QQQ", "SUN", "GRL", "ITU", "PSE", "LANTERN-TELECOM"])
def test_a_member_state_is_one_of_the_list(entity):
    assert read_with({"entity": "BRA"}).entity == "BRA"

    with pytest.raises(UnusableClaims, match=r"does not match your category .* correct: entity\.") as refused:
        read_with({"entity": entity})
    assert (refused.value.cause, refused.value.claim_names) == ("claims-unknown-entity", ("entity",))


@pytest.mark.parametrize("membership", sorted(set(MembershipCategory) - {MembershipCategory.MEMBER_STATE}))
def test_the_code_of_a_member_state_names_no_one_else(membership):
    other = {"res99": "PSE"}.get(membership, "LANTERN-TELECOM")
    assert read_with({"membership": membership, "entity": other}).entity == other

    with pytest.raises(BadRequest, match="does not match your category"):
        read_with({"membership": membership, "entity": "KEN"})


def test_claims_may_be_named_by_urls():
    place = "https://www.example.org/ties/entity"
    token = {name: value for name, value in HONEST.items() if name != "entity"} | {place: "KEN"}

    assert read_claims(ISSUER, token, {}, ClaimNames(entity=place)).entity == "KEN"


def test_claims_of_every_cast_member_are_readable():
    for player in CAST:
        claims = read_claims(ISSUER, build_claims(player), {}, NAMES)
        assert (claims.subject, claims.roles) == (player.subject, set(player.roles))


@given(
    claim=st.sampled_from(sorted(HONEST)),
    value=st.text() | st.integers() | st.none() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()),
)
def test_any_value_is_read_or_refused_without_a_fault(claim, value):
    try:
        claims = read_with({claim: value})
    except BadRequest:
        return
    assert isinstance(claims, Claims)
