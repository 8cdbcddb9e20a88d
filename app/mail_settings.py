"""The settings of e-mail: the server that takes it, its sender, what comes back, and when digests are sent.

This module reads nothing: `app.settings.Settings`, which has these settings too, reads the environment.
"""

from typing import Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from app.core.mail import message
from app.core.mail.message import MailServer
from app.core.mail.returned_mail import ReturnedMailbox


class MailSettings(BaseModel):
    """How notifications are sent by e-mail, if they are."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="The server that accepts notifications by e-mail, as smtp+starttls://user:password@host:587, smtps://user:password@host"
        " or, without a password, smtp://host:25; for portal and worker. Empty: none are sent, and pages say so.",
    )
    mail_from: str = Field(
        "", description="Sender of notifications by e-mail, to which undeliverable ones are returned."
    )
    mail_returns: SecretStr = Field(
        SecretStr(""),
        description="Where undeliverable e-mails are returned (the mailbox of CWG_MAIL_FROM), for the worker to read: maildir:///folder"
        " or imaps://user:password@host/INBOX. Empty: nothing is read.",
    )
    reminder_hours: int = Field(
        24,
        ge=1,
        le=168,
        description="Hours before the end of a silence procedure at which States without a position are reminded.",
    )

    digest_hour: int = Field(
        7, ge=0, le=23, description="Hour of the day at which daily digests of notifications are sent."
    )
    digest_zone: str = Field("Europe/Zurich", description="Time zone of that hour, such as Europe/Zurich.")

    @field_validator("smtp_url")
    @classmethod
    def check_mail_server(cls, value: SecretStr) -> SecretStr:
        """Raise ValueError unless the setting is empty or the URL of a mail server."""
        if value.get_secret_value():
            MailServer.parse(value.get_secret_value())
        return value

    @field_validator("mail_returns")
    @classmethod
    def check_returned_mailbox(cls, value: SecretStr) -> SecretStr:
        """Raise ValueError unless the setting is empty or the URL of a mailbox."""
        if value.get_secret_value():
            ReturnedMailbox.parse(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def check_mail_address(cls, value: str) -> str:
        """Return the address with its host in ASCII. Raises ValueError if it is no mail address."""
        return message.parse_mail_address(value).addr_spec if value else value

    @field_validator("digest_zone")
    @classmethod
    def check_time_zone(cls, value: str) -> str:
        """Raise ValueError if there is no such time zone."""
        if value not in available_timezones():
            raise ValueError("must be a time zone, such as Europe/Zurich")
        return value

    @model_validator(mode="after")
    def require_mail_sender(self) -> Self:
        """Raise ValueError if a mail server is set without a sender address."""
        if self.smtp_url.get_secret_value() and not self.mail_from:
            raise ValueError("CWG_MAIL_FROM is empty: notifications by e-mail need a sender")
        return self

    @property
    def mail_server(self) -> MailServer | None:
        """Mail server that takes notifications; None if mail is not configured."""
        url = self.smtp_url.get_secret_value()
        return MailServer.parse(url) if url else None

    @property
    def returned_mailbox(self) -> ReturnedMailbox | None:
        """Mailbox of returned e-mails; None if none is read."""
        url = self.mail_returns.get_secret_value()
        return ReturnedMailbox.parse(url) if url else None

    @property
    def sends_mail(self) -> bool:
        """True if a mail server is configured."""
        return bool(self.smtp_url.get_secret_value())
