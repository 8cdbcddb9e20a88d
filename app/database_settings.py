"""The settings that are addresses of databases, and how many connections a process keeps to them.

This module reads nothing: `app.settings.Settings`, which has these settings too, reads the environment.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from app.core.addresses import format_database_name
from app.key_settings import CommaSeparated


class DatabaseSettings(BaseModel):
    """The databases of the portal and of the read path, each with the role that uses it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    database_url: str | None = Field(
        None, description="The portal's database role, as postgresql+psycopg://… ; unset: the embedded PostgreSQL."
    )
    worker_database_url: str | None = Field(
        None, description="The worker's role, which alone writes what is released, and the ledger."
    )
    owner_database_url: str | None = Field(None, description="The role that owns the schemas and migrates them.")
    reader_database_url: str | None = Field(
        None,
        description="The read path's role in its own database, which may select from schema `release`, and add to and"
        " delete from the table of ended sessions; nothing else."
        " The worker and `verify` compare that database with the portal's.",
    )
    other_reader_database_urls: CommaSeparated = Field(
        (),
        description="Addresses of further databases of the read path, separated by commas, with such a role: for the"
        " worker and `verify`, which compare each with the portal's.",
    )
    read_owner_database_url: str | None = Field(
        None, description="The role that owns the read path's database, and may create subscriptions."
    )
    replication_url: str | None = Field(
        None,
        description="How the read path's database reaches the portal's, with a role that may replicate.",
    )
    database_pool: int = Field(
        8, ge=1, le=100, description="Connections that one process keeps, on the portal for pages."
    )
    database_pool_writing: int = Field(
        4, ge=1, le=100, description="Connections that one process of the portal keeps for changes, apart from pages."
    )

    @field_validator("reader_database_url", "other_reader_database_urls")
    @classmethod
    def check_reader_urls(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        """Raise ValueError unless each is the address of a PostgreSQL."""
        for url in (value,) if isinstance(value, str) else value or ():
            if not url.startswith(("postgresql:", "postgresql+psycopg:")):
                raise ValueError("must be an address, such as postgresql+psycopg://role@host/database")
        return value

    @property
    def compared_database_urls(self) -> tuple[str, ...]:
        """Addresses of the read path's databases that are compared with the portal's."""
        first = (self.reader_database_url,) if self.reader_database_url else ()
        return tuple(dict.fromkeys((*first, *self.other_reader_database_urls)))

    @model_validator(mode="after")
    def require_names_of_compared_databases_to_differ(self) -> Self:
        """Raise ValueError if two databases of the read path have one name: one result would stand for both."""
        names = [format_database_name(url) for url in self.compared_database_urls]
        if len(set(names)) < len(names):
            raise ValueError(
                "CWG_READER_DATABASE_URL and CWG_OTHER_READER_DATABASE_URLS: each must be another database, by host,"
                " port and database"
            )
        return self
