"""The settings that say where files are, and with which keys a bucket is reached.

This module reads nothing: `app.settings.Settings`, which has these settings too, reads the environment.
"""

from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from app.core.storage import S3Keys, Store, open_store

KEY_PAIRS = (("store_key_id", "store_secret_key"), ("release_store_key_id", "release_store_secret_key"))


class StoreSettings(BaseModel):
    """The stores of the portal and of what is released, each with keys of its own."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    store_url: str = Field(
        "file:///var/lib/cwg/store", description="Where the portal's files are stored, as file:///… or s3://…."
    )
    release_store_url: str = Field(
        "file:///var/lib/cwg/release", description="Where released files are stored; the only store of the read path."
    )
    store_key_id: str = Field(
        "", description="Access key of the portal's s3 store, for portal and worker; empty: AWS_ACCESS_KEY_ID."
    )
    store_secret_key: SecretStr = Field(SecretStr(""), description="The secret half of that key.")
    release_store_key_id: str = Field(
        "",
        description="Access key of an s3 store of what is released: for the worker one that writes, for the read path"
        " one that only reads and lists; empty: AWS_ACCESS_KEY_ID.",
    )
    release_store_secret_key: SecretStr = Field(SecretStr(""), description="The secret half of that key.")
    files_front: str = Field(
        "",
        pattern="^(/[a-z_-]+)?$",
        description="Internal location at which nginx reads the files of a local store, such as /_files:"
        " then it sends them (X-Accel-Redirect); empty: portal and read path send them.",
    )
    staging: str = Field(
        "",
        description="Folder of partial uploads, which all portals and the worker share; empty: in the store, in its"
        " own folder, where a complete file is not copied, or in its bucket.",
    )

    @model_validator(mode="after")
    def require_whole_keys(self) -> Self:
        """Raise ValueError if one half of a key is set without the other."""
        for key_id, secret_key in KEY_PAIRS:
            if bool(getattr(self, key_id)) != bool(getattr(self, secret_key).get_secret_value()):
                raise ValueError(f"CWG_{key_id.upper()} and CWG_{secret_key.upper()}: set both, or none")
        return self

    @property
    def staging_folder(self) -> Path | None:
        """Folder of partial uploads; None where they are in the bucket of the store. It can be inside the store's
        folder, since a name with a dot is no digest."""
        if self.staging:
            return Path(self.staging)
        parts = urlsplit(self.store_url)
        return Path(unquote(parts.path)) / ".uploads" if parts.scheme == "file" else None

    def open_store(self) -> Store:
        """Open the portal's store. Raises ValueError, Unavailable."""
        keys = _join_keys(self.store_key_id, self.store_secret_key)
        return open_store(self.store_url, self.files_front, keys=keys)

    def open_release_store(self) -> Store:
        """Open the store of what is released. Raises ValueError, Unavailable."""
        keys = _join_keys(self.release_store_key_id, self.release_store_secret_key)
        return open_store(self.release_store_url, self.files_front, keys=keys)


def _join_keys(key_id: str, secret_key: SecretStr) -> S3Keys | None:
    """Return the keys of a store; None if they are those of the environment."""
    return S3Keys(key_id, secret_key.get_secret_value()) if key_id else None
