"""Notifications that are messages of a secretariat: their text is what a secretary wrote."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.core.i18n import lazy_gettext as _
from app.domain.messages.events import SecretariatMessageSent
from app.domain.messages.models import MessageTemplate
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import contexts, recipients
from app.domain.notifications.rules.types import DESK_PATH, DETAILS_ON_PAGE, NotificationType

PATHS: Mapping[MessageTemplate, str] = MappingProxyType(
    {
        MessageTemplate.INVITATION: "/meetings/{meeting}",
        MessageTemplate.DEADLINE: "/meetings/{meeting}",
        MessageTemplate.DOCUMENTS: "/meetings/{meeting}/documents",
        MessageTemplate.FREE: DESK_PATH,
    }
)
"""The page to which a message leads, by its template."""

TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        SecretariatMessageSent.name: tuple(
            NotificationType(
                NotificationKind.MESSAGE,
                recipients.ADDRESSEES_OF_MESSAGE,
                path,
                _("Message of the secretariat"),
                DETAILS_ON_PAGE,
                contexts.build_message_context,
                facts={"template": template},
            )
            for template, path in PATHS.items()
        )
    }
)
