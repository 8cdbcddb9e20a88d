"""Text of the e-mail that informs a person, who may never have signed in, of the role to which they are invited."""

from email.headerregistry import Address

from app.core import clock
from app.core.i18n import lazy_gettext as _
from app.core.mail.message import build_message, parse_mail_address
from app.domain.bodies.models import Body
from app.domain.invitations.models import InvitationEmail, PersonInvitation
from app.domain.invitations.rules import calculate_last_day
from app.http.authentication import EntityName
from app.http.labels import ROLE_LABELS
from app.http.localization import Localizer
from app.http.mail.rendering import MailContext


def render_invitation(
    email: InvitationEmail, invitation: PersonInvitation, body: Body, recipient: Address, mail: MailContext
) -> bytes:
    """Render the e-mail. It repeats nothing that the inviting person typed."""
    formats = Localizer(email.lang, "UTC")
    values = {
        "group": body.prefix,
        "role": ROLE_LABELS[invitation.capacity],
        "entity": EntityName(invitation.entity, {"otherwise": invitation.entity}),
        "from_on": formats.format_day(invitation.from_on),
        "until_on": formats.format_day(invitation.until_on),
        "last_day": formats.format_day(calculate_last_day(invitation)),
    }
    paragraphs = (
        _("You are invited to a role in the group %(group)s.", **values),
        _("Role: %(role)s\nActing for: %(entity)s\nDays: %(from_on)s to %(until_on)s", **values),
        _("To accept, sign in on the portal by %(last_day)s with your account that has this e-mail address:", **values),
        mail.portal_url + "/",
        _("The role takes effect when you sign in. If you do not expect this invitation, do nothing."),
    )
    footer = _("The portal does not keep your address: it is deleted once this e-mail is sent.")
    text = "\n\n".join(part if isinstance(part, str) else formats.translate_text(part) for part in paragraphs)
    return build_message(
        parse_mail_address(mail.sender, formats.translate_text(_("%(group)s portal", **values))),
        recipient,
        formats.translate_text(_("%(group)s: invitation to a role in the group", **values)),
        f"{text}\n\n-- \n{formats.translate_text(footer)}\n",
        message_id=f"{invitation.id}@{mail.host_name}",
        sent_at=clock.now(),
        extra_headers={"Auto-Submitted": "auto-generated", "Content-Language": email.lang},
    )
