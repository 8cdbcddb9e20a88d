"""The keys of the benchmarks, one for each purpose, and the environment that gives a process those that it needs."""

from collections.abc import Mapping
from typing import Any

from app.core.signing import Signer, SigningPurpose
from app.key_settings import PRIVATE_KEY_SETTINGS, PUBLIC_KEY_SETTINGS
from app.settings import Settings

PRIVATE_KEYS: Mapping[SigningPurpose, str] = {
    SigningPurpose.RECEIPTS: "Ym5jaCBrZXkgc2lnbnMgaW4gdGhlIGJlbmNoIGFsb24=",
    SigningPurpose.RELEASES: "Ym5jaCBrZXkgZm9yIHRoZSByZWxlYXNlcyBhbG9uZS4=",
    SigningPurpose.LEDGER: "Ym5jaCBrZXkgZm9yIHRoZSBsZWRnZXIgYWxvbmUuLi4=",
}
SIGNERS: Mapping[SigningPurpose, Signer] = {
    purpose: Signer.from_secret("http://127.0.0.1:8000", key) for purpose, key in PRIVATE_KEYS.items()
}
KEY_SETTINGS: dict[str, Any] = {
    **{PRIVATE_KEY_SETTINGS[purpose]: key for purpose, key in PRIVATE_KEYS.items()},
    **{PUBLIC_KEY_SETTINGS[purpose]: signer.public_key.text for purpose, signer in SIGNERS.items()},
}


def key_environment(settings: Settings, *purposes: SigningPurpose) -> Mapping[str, str]:
    """Return the private keys of these purposes, and the public keys of all, as environment variables."""
    private = {PRIVATE_KEY_SETTINGS[each]: getattr(settings, PRIVATE_KEY_SETTINGS[each]) for each in purposes}
    public = {name: getattr(settings, name) for name in PUBLIC_KEY_SETTINGS.values()}
    return {f"CWG_{name.upper()}": key.get_secret_value() for name, key in private.items()} | {
        f"CWG_{name.upper()}": ",".join(keys) for name, keys in public.items()
    }
