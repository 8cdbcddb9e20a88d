"""The settings of the service that opens files: where its socket is, and where LibreOffice is. None is a secret."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FileServiceSettings(BaseSettings):
    """Each field is the environment variable `CWG_` + its name in capitals. `Settings` has them too."""

    model_config = SettingsConfigDict(env_prefix="CWG_", frozen=True, extra="ignore", hide_input_in_errors=True)

    file_service: str = Field(
        "",
        pattern="^(/.+)?$",
        description="Socket of the service that opens untrusted files (`python -m app file-service`), an absolute path;"
        " empty: portal and worker each start one as a child process.",
    )
    soffice: str = Field(
        "",
        description="LibreOffice's soffice, for PDFs of DOCX and of reports; a setting of the service that opens files,"
        " where it is one of its own. Empty: none are made, and pages say so.",
    )
