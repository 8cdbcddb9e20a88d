"""The 194 Member States with their regions, the bodies that exist, and their series.

Everything here is the starting point of data that the secretariat keeps; nothing in the code depends on it.
"""

from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "first_bodies"
down_revision = "first_rights"
branch_labels = None
depends_on = None

# The administrative regions of Member States; sourced for most, by geography for some on the boundary of B and C.
REGIONS = {
    "A": (
        "ARG ATG BHS BLZ BOL BRA BRB CAN CHL COL CRI CUB DMA DOM ECU GRD GTM GUY HND HTI JAM KNA LCA MEX NIC "
        "PAN PER PRY SLV SUR TTO URY USA VCT VEN "
    ),
    "B": (
        "AND AUT BEL CHE CYP DEU DNK ESP EST FIN FRA GBR GRC HRV HUN IRL ISL ISR ITA LIE LTU LUX LVA MCO MLT "
        "NLD NOR PRT SMR SVN SWE TUR VAT "
    ),
    "C": ("ALB ARM AZE BGR BIH BLR CZE GEO KAZ KGZ MDA MKD MNE POL ROU RUS SRB SVK TJK TKM UKR UZB "),
    "D": (
        "AGO BDI BEN BFA BWA CAF CIV CMR COD COG COM CPV DJI DZA EGY ERI ETH GAB GHA GIN GMB GNB GNQ KEN LBR "
        "LBY LSO MAR MDG MLI MOZ MRT MUS MWI NAM NER NGA RWA SDN SEN SLE SOM SSD STP SWZ SYC TCD TGO TUN TZA "
        "UGA ZAF ZMB ZWE "
    ),
    "E": (
        "AFG ARE AUS BGD BHR BRN BTN CHN FJI FSM IDN IND IRN IRQ JOR JPN KHM KIR KOR KWT LAO LBN LKA MDV MHL "
        "MMR MNG MYS NPL NRU NZL OMN PAK PHL PLW PNG PRK QAT SAU SGP SLB SYR THA TLS TON TUV VNM VUT WSM YEM "
    ),
}

STATES = sa.table("member_state", sa.column("code"), sa.column("category"), sa.column("region"), schema="portal")
BODIES = sa.table(
    "body",
    sa.column("id", sa.Uuid()),
    sa.column("code"),
    sa.column("prefix"),
    sa.column("names", JSONB()),
    sa.column("legal_basis"),
    sa.column("admits", ARRAY(sa.String())),
    sa.column("parent_id", sa.Uuid()),
    sa.column("deadline_days"),
    sa.column("largest_file"),
    schema="portal",
)
SERIES = sa.table(
    "series",
    sa.column("id", sa.Uuid()),
    sa.column("body_id", sa.Uuid()),
    sa.column("code"),
    sa.column("symbol"),
    schema="portal",
)

STATES_ONLY = ["member_state"]
WITH_SECTOR_MEMBERS = ["member_state", "res99", "sector_member"]
MEGABYTE = 1024 * 1024

CWG_INTERNET = {
    "en": "Council Working Group on international Internet-related public policy issues",
    "fr": "Groupe de travail du Conseil sur les questions de politique publique internationale liées à l’Internet",
    "es": "Grupo de Trabajo del Consejo sobre cuestiones de política pública internacional relacionadas con Internet",
    "ru": "Рабочая группа Совета по вопросам международной государственной политики, касающимся интернета",
    "ar": "فريق العمل التابع للمجلس المعني بقضايا السياسات العامة الدولية المتعلقة بالإنترنت",
    "zh": "理事会国际互联网相关公共政策问题工作组",
}
WG_WSIS = {
    "en": "Council Working Group on the World Summit on the Information Society",
    "fr": "Groupe de travail du Conseil sur le Sommet mondial sur la société de l’information",
    "es": "Grupo de Trabajo del Consejo sobre la Cumbre Mundial sobre la Sociedad de la Información",
    "ru": "Рабочая группа Совета по Всемирной встрече на высшем уровне по вопросам информационного общества",
    "ar": "فريق العمل التابع للمجلس المعني بالقمة العالمية لمجتمع المعلومات",
    "zh": "理事会信息社会世界峰会工作组",
}
STUDY_GROUP = {
    "en": "ITU-T Study Group {}",
    "fr": "Commission d’études {} de l’UIT-T",
    "es": "Comisión de Estudio {} del UIT-T",
    "ru": "{}-я Исследовательская комиссия МСЭ-Т",
    "ar": "لجنة الدراسات {} لقطاع تقييس الاتصالات",
    "zh": "ITU-T第{}研究组",
}
STUDY_GROUPS = (2, 3, 5, 11, 12, 13, 15, 17, 20, 21)
SERIES_CODES = ("INF", "ADM", "DT", "DL", "R", "OUT", "LS")


def key(name: str) -> object:
    return uuid5(NAMESPACE_URL, f"urn:cwg:{name}")


def body(code: str, prefix: str, names: dict[str, str], basis: str, admits: list[str], parent: str | None) -> None:
    row = {
        "id": key(code),
        "code": code,
        "prefix": prefix,
        "names": names,
        "legal_basis": basis,
        "admits": admits,
        "parent_id": key(parent) if parent else None,
        "deadline_days": 12,
        "largest_file": 100 * MEGABYTE,
    }
    op.bulk_insert(BODIES, [row])
    formats = {"C": "{prefix} {scope}/{number}"} | {
        each: f"{{prefix}} {{scope}}/{each}/{{number}}" for each in SERIES_CODES
    }
    op.bulk_insert(
        SERIES,
        [
            {"id": key(f"{code}/{series}"), "body_id": key(code), "code": series, "symbol": symbol}
            for series, symbol in formats.items()
        ],
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    states = [
        {"code": code, "category": "member_state", "region": region}
        for region, codes in REGIONS.items()
        for code in codes.split()
    ]
    op.bulk_insert(STATES, [*states, {"code": "PSE", "category": "res99", "region": None}])
    council = "Council Resolution 1332 (Rev. 2024); PP Resolution 140"
    body("wg-wsis", "CWG-WSIS", WG_WSIS, council, WITH_SECTOR_MEMBERS, None)
    council = "Council Resolutions 1305, 1336 and 1344; PP Resolution 102; WTSA Resolution 75"
    body("cwg-internet", "CWG-Internet", CWG_INTERNET, council, STATES_ONLY, "wg-wsis")
    for number in STUDY_GROUPS:
        names = {language: name.format(number) for language, name in STUDY_GROUP.items()}
        body(f"sg{number}", f"SG{number}", names, "WTSA Resolution 2", WITH_SECTOR_MEMBERS, None)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM portal.series")
    op.execute("DELETE FROM portal.body")
    op.execute("DELETE FROM portal.member_state")
