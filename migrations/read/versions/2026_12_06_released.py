"""Schema `release` in the read path's own database, as it was when that was separated from the portal's."""

from alembic import op

revision = "released"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
CREATE TABLE release.heartbeat (
    id INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_heartbeat PRIMARY KEY (id),
    CONSTRAINT ck_heartbeat_only_row CHECK (id = 1)
)
    """,
    """
CREATE TABLE release.manifest (
    number INTEGER NOT NULL,
    statement VARCHAR NOT NULL,
    signature VARCHAR NOT NULL,
    public_key VARCHAR NOT NULL,
    CONSTRAINT pk_manifest PRIMARY KEY (number)
)
    """,
    """
CREATE TABLE release.output (
    id UUID NOT NULL,
    slug VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    body_names JSONB NOT NULL,
    meeting INTEGER NOT NULL,
    titles JSONB NOT NULL,
    original VARCHAR(2) NOT NULL,
    for_action VARCHAR[] NOT NULL,
    for_information VARCHAR[] NOT NULL,
    reply_by DATE,
    adopted_on DATE NOT NULL,
    adopted_how VARCHAR NOT NULL,
    addressees VARCHAR[] NOT NULL,
    alone_because VARCHAR,
    alone_language VARCHAR(2),
    alone_capacity VARCHAR,
    released_at TIMESTAMP WITH TIME ZONE NOT NULL,
    still_to_come VARCHAR[] NOT NULL,
    translations VARCHAR[] NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    completes INTEGER,
    completes_digest VARCHAR(64),
    CONSTRAINT pk_output PRIMARY KEY (id),
    CONSTRAINT ck_output_days_have_an_end CHECK (isfinite(released_at)
        AND isfinite(adopted_on)
        AND isfinite(reply_by)),
    CONSTRAINT ck_output_days_are_of_our_era CHECK (extract(year FROM adopted_on) BETWEEN 1 AND 9999
        AND extract(year FROM released_at) BETWEEN 1 AND 9999
        AND extract(year FROM reply_by) BETWEEN 1 AND 9999),
    CONSTRAINT ck_output_lists_are_plain CHECK (coalesce(array_ndims(for_action), 1) = 1
        AND array_position(for_action, NULL) IS NULL
        AND coalesce(array_ndims(for_information), 1) = 1
        AND array_position(for_information, NULL) IS NULL
        AND coalesce(array_ndims(addressees), 1) = 1
        AND array_position(addressees, NULL) IS NULL),
    CONSTRAINT ck_output_languages_are_plain CHECK (coalesce(array_ndims(still_to_come), 1) = 1
        AND array_position(still_to_come, NULL) IS NULL
        AND coalesce(array_ndims(translations), 1) = 1
        AND array_position(translations, NULL) IS NULL),
    CONSTRAINT ck_output_completed_in_our_era CHECK (isfinite(completed_at)
        AND extract(year FROM completed_at) BETWEEN 1 AND 9999),
    CONSTRAINT ck_output_completed_is_whole CHECK (num_nulls(completed_at, completes, completes_digest) IN (0, 3)
        AND (completed_at IS NULL OR still_to_come = '{}')),
    CONSTRAINT uq_output_slug UNIQUE (slug),
    CONSTRAINT uq_output_symbol UNIQUE (symbol)
)
    """,
    "CREATE INDEX ix_output_released_at ON release.output (released_at)",
    """
CREATE TABLE release.proof (
    number INTEGER NOT NULL,
    entry VARCHAR NOT NULL,
    proof VARCHAR NOT NULL,
    CONSTRAINT pk_proof PRIMARY KEY (number)
)
    """,
    """
CREATE TABLE release.public_manifest (
    number INTEGER NOT NULL,
    statement VARCHAR NOT NULL,
    signature VARCHAR NOT NULL,
    public_key VARCHAR NOT NULL,
    CONSTRAINT pk_public_manifest PRIMARY KEY (number)
)
    """,
    """
CREATE TABLE release.text (
    sha256 VARCHAR(64) NOT NULL,
    paragraphs VARCHAR[] NOT NULL,
    signature VARCHAR NOT NULL,
    public_key VARCHAR NOT NULL,
    CONSTRAINT pk_text PRIMARY KEY (sha256)
)
    """,
    """
CREATE TABLE release.version (
    id INTEGER NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT pk_version PRIMARY KEY (id),
    CONSTRAINT ck_version_only_row CHECK (id = 1)
)
    """,
    """
CREATE TABLE release.withdrawal (
    id UUID NOT NULL,
    slug VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    body_names JSONB NOT NULL,
    meeting INTEGER NOT NULL,
    titles JSONB NOT NULL,
    original VARCHAR(2) NOT NULL,
    adopted_on DATE NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason VARCHAR NOT NULL,
    language VARCHAR(2) NOT NULL,
    decided_by VARCHAR[] NOT NULL,
    replaced_by VARCHAR,
    replaced_by_slug VARCHAR,
    topics VARCHAR[] NOT NULL,
    files JSONB NOT NULL,
    manifest INTEGER NOT NULL,
    manifest_digest VARCHAR(64) NOT NULL,
    public_manifest INTEGER,
    public_manifest_digest VARCHAR(64),
    replaced_publicly BOOLEAN NOT NULL,
    CONSTRAINT pk_withdrawal PRIMARY KEY (id),
    CONSTRAINT uq_withdrawal_slug UNIQUE (slug),
    CONSTRAINT uq_withdrawal_symbol UNIQUE (symbol)
)
    """,
    """
CREATE TABLE release.file (
    output_id UUID NOT NULL,
    language VARCHAR(2) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    size INTEGER NOT NULL,
    media VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    CONSTRAINT pk_file PRIMARY KEY (output_id, language),
    CONSTRAINT fk_file_output_id_output FOREIGN KEY(output_id) REFERENCES release.output (id)
)
    """,
    """
CREATE TABLE release.statement (
    id UUID NOT NULL,
    output_id UUID NOT NULL,
    state VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    language VARCHAR(2) NOT NULL,
    put_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_statement PRIMARY KEY (id),
    CONSTRAINT fk_statement_output_id_output FOREIGN KEY(output_id) REFERENCES release.output (id)
)
    """,
    "CREATE INDEX ix_statement_output_id ON release.statement (output_id)",
    """
CREATE TABLE release.topic (
    output_id UUID NOT NULL,
    code VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    names JSONB NOT NULL,
    CONSTRAINT pk_topic PRIMARY KEY (output_id, code),
    CONSTRAINT fk_topic_output_id_output FOREIGN KEY(output_id) REFERENCES release.output (id)
)
    """,
    """
CREATE TABLE release.hold (
    id INTEGER NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    doubt VARCHAR NOT NULL,
    CONSTRAINT pk_hold PRIMARY KEY (id),
    CONSTRAINT ck_hold_one CHECK (id = 1)
)
    """,
)


NAMES = (
    *("release.hold", "release.topic", "release.statement", "release.file", "release.withdrawal", "release.version"),
    *("release.text", "release.public_manifest", "release.proof", "release.output", "release.manifest"),
    "release.heartbeat",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    op.execute("GRANT USAGE ON SCHEMA release TO cwg_reader")
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA release TO cwg_reader")
    op.execute("REVOKE ALL ON release.alembic_version FROM cwg_reader")


def downgrade() -> None:
    op.execute(f"DROP TABLE {', '.join(NAMES)}")
