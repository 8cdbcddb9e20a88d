"""Sessions of readers on the read path, as their cookies."""

from starlette.responses import Response

from app.dissemination import app as dissemination
from app.dissemination import reader_sessions as reading
from app.domain.identity.models.claims import Claims, MembershipCategory
from app.settings import Settings
from bench.installation import ISSUER

READER = Claims(
    issuer=ISSUER,
    subject="bench",
    name="Bench",
    email="bench@example.org",
    locale="en",
    membership=MembershipCategory.ACADEMIA,
    entity="BENCH",
    entity_name="Bench",
    roles=frozenset(),
)


def reader_cookie(settings: Settings) -> str:
    """Return the session cookie of a reader."""
    return reader_cookies(settings, 1)[0]


def reader_cookies(settings: Settings, how_many: int) -> list[str]:
    """Return the session cookies of so many readers."""
    app = dissemination.create_inner_app(settings)
    cookies = []
    for number in range(how_many):
        admitted = Response()
        claims = READER.model_copy(update={"subject": f"bench-{number}"})
        reading.start_reader_session(app.state.read_path, admitted, claims)
        cookies.append(admitted.headers["set-cookie"].partition(";")[0])
    app.state.read_path.engine.dispose()
    return cookies
