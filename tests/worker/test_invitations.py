"""The e-mail about an invitation: to its address, in the language chosen, once; then the address is forgotten."""

from dataclasses import replace
from datetime import timedelta

from app.core import clock
from app.core.db import transaction
from app.domain.invitations.models import InvitationEmail
from app.worker.invitations import send_invitations
from tests.domain.test_invitations import ADDRESS, invite, withdraw
from tests.mail_server import Postbox
from tests.world import World


def find_email(world: World) -> InvitationEmail:
    with transaction(world.read) as session:
        return session.query(InvitationEmail).one()


def test_the_invited_person_is_informed_in_their_language_and_the_address_forgotten(
    notified_world: World, context, box: Postbox
) -> None:
    invite(notified_world, name="Someone http://evil.example", language="fr")

    assert [send_invitations(context), send_invitations(context)] == [1, 0]
    (email,) = box.emptied()
    assert email["To"] == ADDRESS
    assert email["Content-Language"] == "fr"
    assert "Kenya" in email.get_content()
    assert "evil" not in email.get_content(), "what a person typed is not sent in the name of the portal"
    found = find_email(notified_world)
    assert (found.fate, found.address) == ("sent", None)


def test_a_withdrawn_invitation_is_not_sent(notified_world: World, context, box: Postbox) -> None:
    withdraw(notified_world, invite(notified_world), "joseph")

    assert send_invitations(context) == 0
    assert not box.emptied()
    assert find_email(notified_world).address is None


def test_an_address_is_forgotten_after_two_days_without_a_mail_server(
    notified_world: World, context, monkeypatch
) -> None:
    invite(notified_world)
    silent = replace(context, mail=None)
    assert send_invitations(silent) == 0
    assert find_email(notified_world).address == ADDRESS

    later = clock.now() + timedelta(days=2, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    send_invitations(silent)
    found = find_email(notified_world)
    assert (found.fate, found.address) == ("expired", None)
