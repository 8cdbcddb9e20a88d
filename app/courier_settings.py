"""The settings of the courier, which carries liaison statements to inboxes of organizations. None is a secret."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CourierSettings(BaseSettings):
    """Each field is the environment variable `CWG_` + its name in capitals. `Settings` has them too."""

    model_config = SettingsConfigDict(env_prefix="CWG_", frozen=True, extra="ignore", hide_input_in_errors=True)

    courier: str = Field(
        "",
        pattern=r"^(http://[A-Za-z0-9.-]+(:\d+)?)?$",
        description="Where the worker reaches the courier (`python -m app courier`), such as http://courier:8020, on a"
        " network that both share with no one else; empty: nothing is sent to organizations by machine.",
    )
    courier_private_hosts: str = Field(
        "",
        description="Hosts that the courier reaches although their addresses are not public, as host:port, separated by"
        " commas: for trials, and for a partner in a network of one's own.",
    )
    courier_authority: str = Field(
        "",
        description="File with the certificate of a further authority, as PEM, that the courier trusts.",
    )
