"""The invented people of the demo and the tests, each with a purpose; `make demo` prints the list.

Their e-mail addresses end in example.org, a domain reserved for examples (RFC 2606).
"""

from dataclasses import dataclass

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An invented person. `capacity` is their seat on the roster (None: no seat), `part` their purpose in words."""

    key: str
    name: str
    locale: str
    membership: str
    entity: str
    entity_name: str
    roles: tuple[str, ...]
    capacity: str | None
    part: LazyText

    @property
    def subject(self) -> str:
        """The subject identifier at the demo's identity provider."""
        return f"demo-{self.key}"

    @property
    def email(self) -> str:
        """An e-mail address that does not exist."""
        return f"{self.key}@example.org"


CAST = (
    DemoPerson(
        key="amina",
        name="Amina Wanjiru Otieno",
        locale="en",
        membership="member_state",
        entity="KEN",
        entity_name="Kenya",
        roles=("delegate", "head_of_delegation"),
        capacity="head_of_delegation",
        part=_("Heads the delegation of Kenya: clears and submits its contributions and takes positions."),
    ),
    DemoPerson(
        key="joseph",
        name="Joseph Kiprono Mutai",
        locale="en",
        membership="member_state",
        entity="KEN",
        entity_name="Kenya",
        roles=("focal_point",),
        capacity="focal_point",
        part=_("Is the focal point of Kenya: accredits its delegates and ends their accreditation."),
    ),
    DemoPerson(
        key="wambui",
        name="Grace Wambui Njoroge",
        locale="en",
        membership="member_state",
        entity="KEN",
        entity_name="Kenya",
        roles=("delegate",),
        capacity=None,
        part=_("Is from Kenya and not yet accredited: can sign in, and sees that signing in alone gives no access."),
    ),
    DemoPerson(
        key="rafael",
        name="Rafael Nogueira Campos",
        locale="es",
        membership="member_state",
        entity="BRA",
        entity_name="Brazil",
        roles=("delegate",),
        capacity="delegate",
        part=_("Is a delegate of Brazil: writes drafts that Kenya must never see, and co-sponsors."),
    ),
    DemoPerson(
        key="haruka",
        name="Haruka Shimizu",
        locale="en",
        membership="member_state",
        entity="JPN",
        entity_name="Japan",
        roles=("delegate",),
        capacity="delegate",
        part=_(
            "Is a delegate of Japan: reads, comments and submits on behalf of a third State. Also chairs Study Group 3."
        ),
    ),
    DemoPerson(
        key="laurent",
        name="Laurent Favre-Morel",
        locale="fr",
        membership="member_state",
        entity="CHE",
        entity_name="Switzerland",
        roles=("delegate", "chair"),
        capacity="chair",
        part=_(
            "Chairs the group: manages the agenda and the floor, and cannot decide alone on what their own "
            "State submitted or co-sponsored."
        ),
    ),
    DemoPerson(
        key="layla",
        name="Layla Al-Harbi",
        locale="ar",
        membership="member_state",
        entity="SAU",
        entity_name="Saudi Arabia",
        roles=("delegate", "vice_chair"),
        capacity="vice_chair",
        part=_("Is a vice-chair from another State: acts when the chair may not act; reads in Arabic."),
    ),
    DemoPerson(
        key="ines",
        name="Inés Valdivia Ríos",
        locale="es",
        membership="itu_staff",
        entity="ITU",
        entity_name="International Telecommunication Union",
        roles=("secretary",),
        capacity="secretary",
        part=_("Is a secretary of the group: registers, numbers, prepares and releases."),
    ),
    DemoPerson(
        key="daniel",
        name="Daniel Okafor-Lindqvist",
        locale="en",
        membership="itu_staff",
        entity="ITU",
        entity_name="International Telecommunication Union",
        roles=("secretary",),
        capacity="secretary",
        part=_(
            "Is the second secretary: a release or an appointment normally needs two people. Also serves Study Group 3 "
            "and the WSIS Task Force."
        ),
    ),
    DemoPerson(
        key="olga",
        name="Olga Sergeevna Malinina",
        locale="ru",
        membership="itu_staff",
        entity="ITU",
        entity_name="International Telecommunication Union",
        roles=("tsb",),
        capacity=None,
        part=_(
            "Is an officer of TSB: acknowledges the texts that are released to it, and has no role in the group. "
            "Chairs the WSIS Task Force."
        ),
    ),
    DemoPerson(
        key="chen",
        name="陈思远",
        locale="zh",
        membership="sector_member",
        entity="LANTERN-TELECOM",
        entity_name="Lantern Telecom",
        roles=(),
        capacity=None,
        part=_(
            "Is from a Sector Member: can read released texts, submits to Study Group 3 under a Question, and cannot "
            "submit to this group."
        ),
    ),
    DemoPerson(
        key="sofia",
        name="Sofia Lindgren",
        locale="en",
        membership="academia",
        entity="NORTHFIELD-UNI",
        entity_name="Northfield University",
        roles=(),
        capacity=None,
        part=_("Is from an academic member: follows the published work on the public site of outputs."),
    ),
    DemoPerson(
        key="marc",
        name="Marc Delcourt",
        locale="fr",
        membership="external",
        entity="",
        entity_name="",
        roles=(),
        capacity=None,
        part=_(
            "Is a visitor with an account but without ITU membership: is informed of this, and can read public texts."
        ),
    ),
)

PEOPLE_BY_KEY = {player.key: player for player in CAST}
