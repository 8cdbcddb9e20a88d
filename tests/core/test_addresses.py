"""Names of databases for people."""

import pytest

from app.core.addresses import format_database_name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql+psycopg://cwg_reader:of-the-reader@reader.example:5433/cwg_read", "reader.example:5433/cwg_read"),
        ("postgresql://cwg_reader@[2001:db8::1]/cwg_read", "2001:db8::1/cwg_read"),
        ("postgresql+psycopg://cwg_reader:x@/cwg_read?host=reader-a", "reader-a/cwg_read"),
        ("postgresql+psycopg://cwg_reader:x@/cwg_read?host=reader-b&port=5433", "reader-b:5433/cwg_read"),
        (
            "postgresql+psycopg://cwg_reader:x@/cwg_read?host=/run/postgresql&sslmode=require",
            "/run/postgresql/cwg_read",
        ),
        ("postgresql+psycopg://cwg_reader:x@/cwg_read?host=a&host=b&port=1&port=2", "a:b:1:2/cwg_read"),
        ("postgresql:///cwg_read", "cwg_read"),
        ("postgresql://cwg_reader:a/b#c?d:e@reader.example/cwg_read", "reader.example/cwg_read"),
        ("postgresql://h/cwg_read?user=cwg_reader&password=of-the-reader", "h/cwg_read"),
    ],
)
def test_the_name_of_a_database_says_where_it_is_and_nothing_of_the_role(url: str, name: str) -> None:
    assert format_database_name(url) == name
