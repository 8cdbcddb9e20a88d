"""The registrations at an identity provider: the realm for Keycloak and the page about it say what the code does."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from fastapi import APIRouter

from app.dissemination import sign_in as reading
from app.domain.identity.models.claims import CLAIM_FIELDS, KNOWN_ROLES, ClaimNames, MembershipCategory
from app.settings import Settings
from app.web.account import sign_in as portal

ROOT = Path(__file__).parents[2]
REALM: dict[str, Any] = json.loads((ROOT / "deploy" / "keycloak" / "realm.json").read_text())
PAGE = (ROOT / "docs" / "identity-provider.md").read_text()
SIDES: Mapping[str, tuple[str, APIRouter]] = MappingProxyType(
    {
        "cwg-portal": ("https://portal.example.org", portal.router),
        "cwg-read": ("https://read.example.org", reading.router),
    }
)
BACK_CHANNEL = "/sign-in/backchannel-logout"
BUILT_IN = {"sub", "name", "email"}  # from the client scopes that every realm of Keycloak has


def get_client(name: str) -> dict[str, Any]:
    (found,) = [client for client in REALM["clients"] if client["clientId"] == name]
    return found


def list_paths(router: APIRouter) -> set[str]:
    return {str(getattr(route, "path", "")) for route in router.routes}


def read_user_profile() -> dict[str, dict[str, Any]]:
    (provider,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    (profile,) = provider["config"]["kc.user.profile.config"]
    return {each["name"]: each for each in json.loads(profile)["attributes"]}


def test_the_realm_has_the_clients_of_both_sides_and_no_other() -> None:
    assert {client["clientId"] for client in REALM["clients"]} == set(SIDES)


@pytest.mark.parametrize("name", SIDES)
def test_a_client_knows_the_addresses_of_its_side(name: str) -> None:
    (origin, router), client = SIDES[name], get_client(name)
    attributes, paths = client["attributes"], list_paths(router)

    assert "/sign-in/callback" in paths
    assert client["redirectUris"] == [f"{origin}/sign-in/callback"]
    assert attributes["post.logout.redirect.uris"] == f"{origin}/"
    assert BACK_CHANNEL in paths
    assert attributes["backchannel.logout.url"] == f"{origin}{BACK_CHANNEL}"
    assert all(f"`{origin}{path}" in PAGE for path in ("/", "/sign-in/callback", BACK_CHANNEL))


@pytest.mark.parametrize("name", SIDES)
def test_a_client_uses_the_code_flow_with_a_secret_alone(name: str) -> None:
    client = get_client(name)

    assert (client["standardFlowEnabled"], client["publicClient"]) == (True, False)
    assert not any(
        client[flow] for flow in ("implicitFlowEnabled", "directAccessGrantsEnabled", "serviceAccountsEnabled")
    )
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    assert client["attributes"]["id.token.signed.response.alg"] in Settings.model_fields["oidc_algorithms"].default
    assert "secret" not in client


@pytest.mark.parametrize("name", SIDES)
def test_a_client_sends_every_claim_in_the_token(name: str) -> None:
    names = ClaimNames()
    needed = {"sub", *(names.claim_name_of_field(field) for field in CLAIM_FIELDS)}
    mapped = {
        mapper["config"]["claim.name"]
        for mapper in get_client(name)["protocolMappers"]
        if mapper["config"]["id.token.claim"] == "true"
    }

    assert mapped | BUILT_IN == needed
    assert len(needed) == 8


def test_the_settings_name_the_claims_as_the_realm_does() -> None:
    names = ClaimNames()

    for field in CLAIM_FIELDS:
        assert Settings.model_fields[f"claim_{field}"].default == names.claim_name_of_field(field)


def test_no_person_changes_what_rights_follow_from() -> None:
    profile = read_user_profile()

    assert profile["locale"]["permissions"]["edit"] == ["admin", "user"]
    for attribute in ("membership", "entity", "entity_name", "email"):
        assert profile[attribute]["permissions"]["edit"] == ["admin"]
    assert set(profile["membership"]["validations"]["options"]["options"]) == set(MembershipCategory)
    pattern = profile["entity"]["validations"]["pattern"]["pattern"]
    assert [bool(re.fullmatch(pattern, code)) for code in ("KEN", "LANTERN-TELECOM", "ken", "-X")] == [1, 1, 0, 0]


def test_the_roles_are_those_that_the_code_knows() -> None:
    assert {role["name"] for role in REALM["roles"]["realm"]} == KNOWN_ROLES


def test_the_page_has_every_claim_category_role_and_setting() -> None:
    words = {"sub", *CLAIM_FIELDS, *MembershipCategory, *KNOWN_ROLES, "logout+jwt"}
    settings = {f"CWG_CLAIM_{field.upper()}" for field in CLAIM_FIELDS}
    settings |= {
        f"CWG_{name.upper()}" for name in Settings.model_fields if re.match(r"(read_)?oidc_(issuer|client)", name)
    }

    assert {word for word in words | settings if f"`{word}`" not in PAGE and f"typ: {word}`" not in PAGE} == set()
    assert f"https://portal.example.org{BACK_CHANNEL}" in PAGE


def test_every_setting_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`CWG_([A-Z_]+)", PAGE)) - {"CLAIM_"}

    assert {name for name in named if name.lower() not in Settings.model_fields} == set()
