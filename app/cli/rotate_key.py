"""`python -m app rotate-key PURPOSE`: replace the key that signs for a purpose, one step after the other.

It prints which steps are done and which is next, does what can be done in the folder of secrets, and asks the services
what they accept. Called again, it continues; until the last step nothing that was signed loses its validity. Where no
rotation is under way, it says so, and begins one with `--start` only.
"""

from argparse import Namespace
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.cli.key_acceptance import READ_PATH, KeyAcceptance, ask_services
from app.cli.key_files import KeyFiles
from app.core.db import ReadSession, create_database_engine, read_session_factory, transaction
from app.core.signing import PublicKey, SigningPurpose
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules.signed_notes import NoteVerifier, ledger_origin
from app.domain.receipts.queries import has_receipt_signed_with
from app.domain.releases.queries.stored_manifests import has_manifest_signed_with
from app.key_settings import PRIVATE_KEY_SETTINGS, PUBLIC_KEY_SETTINGS
from app.server.database_urls import with_embedded_database_if_unset
from app.settings import Settings


def rotate_key(settings: Settings, args: Namespace) -> int:
    """Do the next step that can be done; return 0 if nothing remains to be done, else 1.

    Raises ValueError if the private key is no file in the folder of secrets, and for `--start` while the previous key
    is still kept.
    """
    purpose = SigningPurpose(args.purpose)
    if not settings.secrets:
        raise ValueError("CWG_SECRETS is not set: the key is replaced as a file in that folder")
    files = KeyFiles(Path(settings.secrets), purpose)
    name = PRIVATE_KEY_SETTINGS[purpose]
    kept = files.current.read_text().strip() if files.current.exists() else ""
    if getattr(settings, name).get_secret_value() != kept:
        raise ValueError(f"CWG_{name.upper()} is set in the environment: it has to come from {files.current}")
    if not files.current.exists():
        return _create_first_key(settings, files)
    if args.start and files.are_exchanged:
        raise ValueError(
            f"{files.previous} is there: finish the rotation under way, and destroy it, before another one"
        )
    role = "worker_database_url" if settings.worker_database_url else "database_url"
    with with_embedded_database_if_unset(settings, role) as resolved:
        engine = create_database_engine(getattr(resolved, role), pool_size=1, application_name="cwg-keys")
        try:
            with transaction(read_session_factory(engine)) as session:
                rotation = KeyRotation(session, resolved, files, args.checked)
                return 0 if rotation.advance(start=args.start) else 1
        finally:
            engine.dispose()


def _create_first_key(settings: Settings, files: KeyFiles) -> int:
    """Create the key of an installation that has none for the purpose; return 1, since no service has it yet."""
    if files.following.exists() or files.previous.exists():
        raise ValueError(f"{files.current} is missing, but there is a next or a previous key: put it back first")
    key = files.create_key(files.current)
    print(f"0. Done: a private key was created in {files.current}. Next: put its public half first in every list, and")
    print("   start the services:")
    print(f"   {_format_list(files.purpose, [key, *settings.list_configured_keys(files.purpose)])}")
    return 1


def _format_list(purpose: SigningPurpose, keys: Sequence[PublicKey]) -> str:
    """Format a list of public keys as a setting."""
    return f"CWG_{PUBLIC_KEY_SETTINGS[purpose].upper()}={','.join(key.text for key in dict.fromkeys(keys))}"


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """The rotation of one key, whose state is what files, services and database say. `checked` are the services that
    cannot be asked, and whose lists a person has checked."""

    session: ReadSession
    settings: Settings
    files: KeyFiles
    checked: Collection[str]

    def advance(self, *, start: bool) -> bool:
        """Do the next steps that can be done; return whether nothing remains to be done. `start` begins a rotation if
        none is under way."""
        if start or self.files.following.exists():
            if not (self._prepare_next_key() and self._has_order_for_exchange()):
                return False
            self.files.exchange_keys()
        return self._is_current_key_first_everywhere() and self._has_current_key_signed()

    def _prepare_next_key(self) -> bool:
        """Steps 1 and 2: create the next key, and see that every service accepts it."""
        current, following = self.files.read_public_key(self.files.current), self._get_or_create_next_key()
        print(f"1. Done: the next private key is in {self.files.following}. Its public half is {following.text}")
        listed = self.settings.list_configured_keys(self.files.purpose)
        return self._report_services(
            lambda service: service.accepts_key(following),
            "2. Done: every service accepts the next key.",
            "2. Next: put it behind the current one in the list of every service, and restart each:",
            _format_list(self.files.purpose, [*(listed[:1] or [current]), following, *listed[1:]]),
            *self._format_verifier(following),
        )

    def _get_or_create_next_key(self) -> PublicKey:
        """Return the public half of the next key; create the key if there is none."""
        following = self.files.following
        return self.files.read_public_key(following) if following.exists() else self.files.create_key(following)

    def _format_verifier(self, key: PublicKey) -> Sequence[str]:
        """Format the verifier key that witnesses need, if this is the key of the ledger."""
        if self.files.purpose != SigningPurpose.LEDGER:
            return []
        verifier = NoteVerifier(ledger_origin(self.settings.portal_url), key)
        return [f"and, for CWG_WITNESSED of every witness, in addition to the current one: {verifier.vkey}"]

    def _has_order_for_exchange(self) -> bool:
        """Return whether the read path would show what the next key signs: it takes nothing from a key after one that
        precedes it in its list (docs/manifests.md)."""
        following = self.files.read_public_key(self.files.following)
        if self.files.purpose != SigningPurpose.RELEASES:
            return True
        return self._report_services(
            lambda service: service.service != READ_PATH or service.has_first(following),
            "3. The next key is first in the list of the read path.",
            "3. Next: put it first in the list of the read path, and restart that; it changes nothing yet:",
            _format_list(self.files.purpose, [following, *self.settings.list_configured_keys(self.files.purpose)]),
        )

    def _is_current_key_first_everywhere(self) -> bool:
        """Step 3: see that the current key, exchanged or the first one, is the first in all lists."""
        key, purpose = self.files.read_public_key(self.files.current), self.files.purpose
        return self._report_services(
            lambda service: service.has_first(key),
            f"3. Done: the private key is in {self.files.current}, and its public half first in every list.",
            f"3. Next: the private key is in {self.files.current}. Put its public half first in every list, and restart"
            f"{' all workers at once' if purpose == SigningPurpose.RELEASES else ''}:",
            _format_list(purpose, [key, *self.settings.list_configured_keys(purpose)]),
        )

    def _has_current_key_signed(self) -> bool:
        """Step 4: see that something in the database was signed with the current key."""
        key, previous = self.files.read_public_key(self.files.current), self.files.previous
        if not USES[self.files.purpose](self.session, self.settings, key):
            kept = " Keep the previous key until something was." if previous.exists() else ""
            print(f"4. Next: nothing was signed with it yet.{kept}")
            return False
        print(
            f"4. Done: it signs. Destroy {previous}; its public half stays in the lists."
            if previous.exists()
            else "4. Done: it signs. No rotation is under way; --start begins one."
        )
        return True

    def _report_services(self, is_good: Callable[[KeyAcceptance], bool], done: str, *to_do: str) -> bool:
        """Print `done` and return True if all services are as they should be; else print what to do, and for which."""
        services = ask_services(self.session, self.settings, self.files.purpose)
        lacking = [each for each in services if each.service not in self.checked and not is_good(each)]
        print(*(to_do if lacking else (done,)), sep="\n   ")
        for each in lacking:
            print(f"   - {each.service}: {each.problem or 'not yet'}")
        return not lacking


def _has_receipt(session: ReadSession, _settings: Settings, key: PublicKey) -> bool:
    return has_receipt_signed_with(session, key)


def _has_manifest(session: ReadSession, _settings: Settings, key: PublicKey) -> bool:
    return has_manifest_signed_with(session, key)


def _has_head(session: ReadSession, settings: Settings, key: PublicKey) -> bool:
    verifier = NoteVerifier(ledger_origin(settings.portal_url), key)
    return ledger.find_first_head_time_of_key(session, verifier) is not None


USES: dict[SigningPurpose, Callable[[ReadSession, Settings, PublicKey], bool]] = {
    SigningPurpose.RECEIPTS: _has_receipt,
    SigningPurpose.RELEASES: _has_manifest,
    SigningPurpose.LEDGER: _has_head,
}
"""Whether something signed with a key is in the database."""
