"""Topics with the twelve of Council Resolution 1305, the topics of documents, and the proposals inside them."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "topics_and_proposals"
down_revision = "first_bodies"
branch_labels = None
depends_on = None

CARRY_THEM = ("contribution", "document", "edition")
NOTHING_YET = (("topics", postgresql.ARRAY(sa.String()), "{}"), ("proposals", postgresql.JSONB(), "[]"))
TOPIC = sa.table(
    "topic",
    sa.column("code"),
    sa.column("position"),
    sa.column("names", postgresql.JSONB()),
    sa.column("basis"),
    sa.column("version"),
    schema="portal",
)
BASIS = "Council Resolution 1305"
# The starting point of data that the secretariat keeps; in the order of the resolution.
TOPICS = {
    "multilingual-internet": {
        "en": "Multilingual Internet, including internationalized domain names",
        "fr": "Internet multilingue, y compris les noms de domaine internationalisés",
        "es": "Internet multilingüe, incluidos los nombres de dominio internacionalizados",
        "ru": "Многоязычный интернет, включая интернационализированные наименования доменов",
        "ar": "الإنترنت متعددة اللغات، بما في ذلك أسماء الميادين المدوَّلة",
        "zh": "多语种互联网，包括国际化域名",
    },
    "connectivity": {
        "en": "International Internet connectivity",
        "fr": "Connectivité Internet internationale",
        "es": "Conectividad internacional a Internet",
        "ru": "Международные интернет-соединения",
        "ar": "التوصيلية الدولية للإنترنت",
        "zh": "国际互联网连接",
    },
    "resource-management": {
        "en": "Public policy on the Internet and the management of its resources, including names and addresses",
        "fr": "Politiques publiques relatives à l’Internet et à la gestion de ses ressources, y compris les noms et"
        " les adresses",
        "es": "Políticas públicas relativas a Internet y a la gestión de sus recursos, incluidos los nombres y las"
        " direcciones",
        "ru": "Государственная политика в отношении интернета и управления его ресурсами, включая наименования и"
        " адреса",
        "ar": "السياسات العامة المتعلقة بالإنترنت وبإدارة مواردها، بما في ذلك الأسماء والعناوين",
        "zh": "互联网及其资源（包括名称和地址）管理的公共政策",
    },
    "security": {
        "en": "Security, safety, continuity, sustainability and robustness of the Internet",
        "fr": "Sécurité, sûreté, continuité, durabilité et robustesse de l’Internet",
        "es": "Seguridad, protección, continuidad, sostenibilidad y solidez de Internet",
        "ru": "Безопасность, защищенность, непрерывность, устойчивость и надежность интернета",
        "ar": "أمن الإنترنت وسلامتها واستمراريتها واستدامتها ومتانتها",
        "zh": "互联网的安全性、保障性、连续性、可持续性和稳健性",
    },
    "cybercrime": {
        "en": "Cybercrime",
        "fr": "Cybercriminalité",
        "es": "Ciberdelincuencia",
        "ru": "Киберпреступность",
        "ar": "الجريمة السيبرانية",
        "zh": "网络犯罪",
    },
    "spam": {
        "en": "Spam",
        "fr": "Spam",
        "es": "Correo basura (spam)",
        "ru": "Спам",
        "ar": "الرسائل الاقتحامية",
        "zh": "垃圾信息",
    },
    "use-and-misuse": {
        "en": "Use and misuse of the Internet",
        "fr": "Utilisation et utilisation abusive de l’Internet",
        "es": "Uso y uso indebido de Internet",
        "ru": "Использование и ненадлежащее использование интернета",
        "ar": "استعمال الإنترنت وإساءة استعمالها",
        "zh": "互联网的使用和滥用",
    },
    "availability": {
        "en": "Availability, affordability, reliability and quality of service, especially in developing countries",
        "fr": "Disponibilité, accessibilité économique, fiabilité et qualité de service, en particulier dans les pays"
        " en développement",
        "es": "Disponibilidad, asequibilidad, fiabilidad y calidad de servicio, especialmente en los países en"
        " desarrollo",
        "ru": "Доступность, в том числе ценовая, надежность и качество обслуживания, особенно в развивающихся странах",
        "ar": "التيسر ويسر التكلفة والموثوقية وجودة الخدمة، ولا سيما في البلدان النامية",
        "zh": "可用性、价格可承受性、可靠性和服务质量，特别是在发展中国家",
    },
    "capacity-building": {
        "en": "Capacity building for Internet governance",
        "fr": "Renforcement des capacités en matière de gouvernance de l’Internet",
        "es": "Creación de capacidad en materia de gobernanza de Internet",
        "ru": "Создание потенциала в области управления использованием интернета",
        "ar": "بناء القدرات في مجال إدارة الإنترنت",
        "zh": "互联网治理能力建设",
    },
    "development": {
        "en": "Developmental aspects of the Internet",
        "fr": "Aspects de l’Internet liés au développement",
        "es": "Aspectos de Internet relacionados con el desarrollo",
        "ru": "Связанные с развитием аспекты интернета",
        "ar": "جوانب الإنترنت المتصلة بالتنمية",
        "zh": "互联网的发展问题",
    },
    "privacy": {
        "en": "Privacy and the protection of personal data",
        "fr": "Respect de la vie privée et protection des données personnelles",
        "es": "Privacidad y protección de los datos personales",
        "ru": "Неприкосновенность частной жизни и защита персональных данных",
        "ar": "الخصوصية وحماية البيانات الشخصية",
        "zh": "隐私和个人数据保护",
    },
    "children": {
        "en": "Protection of children and young people",
        "fr": "Protection des enfants et des jeunes",
        "es": "Protección de los niños y los jóvenes",
        "ru": "Защита детей и молодежи",
        "ar": "حماية الأطفال والشباب",
        "zh": "保护儿童和青年",
    },
}


def seeds() -> Iterator[dict[str, object]]:
    for position, (code, names) in enumerate(TOPICS.items(), 1):
        yield {"code": code, "position": position, "names": names, "basis": BASIS, "version": 1}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "topic",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_topic")),
        schema="portal",
    )
    op.bulk_insert(TOPIC, list(seeds()))
    op.execute("GRANT SELECT, INSERT, UPDATE ON portal.topic TO cwg_portal")
    for table in CARRY_THEM:
        for name, kind, nothing in NOTHING_YET:
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default=nothing), schema="portal")
            op.alter_column(table, name, server_default=None, schema="portal")
    op.execute("GRANT UPDATE (topics, proposals) ON portal.document TO cwg_portal")
    op.create_index(
        op.f("ix_document_topics"), "document", ["topics"], unique=False, schema="portal", postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_document_proposals"),
        "document",
        ["proposals"],
        unique=False,
        schema="portal",
        postgresql_using="gin",
        postgresql_ops={"proposals": "jsonb_path_ops"},
    )
    op.add_column("series", sa.Column("proposal", sa.String(), nullable=True), schema="portal")
    op.execute(
        "UPDATE portal.series SET proposal = CASE code WHEN 'C' THEN '{source}/{number}{part}/{proposal}'"
        " ELSE '{source}/' || code || '{number}{part}/{proposal}' END"
    )
    op.alter_column("series", "proposal", nullable=False, schema="portal")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("series", "proposal", schema="portal")
    op.drop_index(op.f("ix_document_proposals"), table_name="document", schema="portal", postgresql_using="gin")
    op.drop_index(op.f("ix_document_topics"), table_name="document", schema="portal", postgresql_using="gin")
    for table in reversed(CARRY_THEM):
        for name, _, _ in NOTHING_YET:
            op.drop_column(table, name, schema="portal")
    op.drop_table("topic", schema="portal")
