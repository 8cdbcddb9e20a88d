"""The minimal FastAPI application that pages of ours are compared with, served as our own applications are.

Either one constant page of a given size, or pages that read rows with one statement and render them. What is compared
must not become slower: `tests/test_bench.py` knows the digest of this file.
"""

import json
import os
from collections.abc import Callable, Mapping

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markupsafe import Markup
from sqlalchemy import Engine, create_engine, text

from app.server.run import build_server_config, freeze_startup_objects, run_server

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body><h1>{{ title }}</h1><table>
{% for row in rows %}<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>
{% endfor %}</table>{{ filler }}</body></html>
"""


def make() -> FastAPI:
    """Build the application, in one of several processes."""
    app, page = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), "x" * int(os.environ.get("BARE_SIZE", "0"))

    @app.get("/outputs")
    async def outputs() -> HTMLResponse:
        return HTMLResponse(page)

    if pages := json.loads(os.environ.get("BARE_PAGES", "{}")):
        engine = create_engine(os.environ["BARE_DATABASE_URL"], pool_size=8)
        for name, (statement, parameters, size) in pages.items():
            app.get(f"/{name}")(build_page(engine, name, statement, parameters, size))
    freeze_startup_objects()
    return app


def build_page(
    engine: Engine, title: str, statement: str, parameters: Mapping[str, str], size: int
) -> Callable[[], HTMLResponse]:
    """Build the function of a page that shows the rows of a statement and has this number of bytes."""
    template, query = Environment(autoescape=True).from_string(PAGE), text(statement)

    def render(filler: Markup) -> str:
        with engine.connect() as connection:
            rows = connection.execute(query, parameters).all()
        return template.render(title=title, rows=rows, filler=filler)

    filler = Markup("x") * max(0, size - len(render(Markup("")).encode()))
    return lambda: HTMLResponse(render(filler))


if __name__ == "__main__":
    port, workers = int(os.environ["BARE_PORT"]), int(os.environ["BARE_WORKERS"])
    run_server(build_server_config("bench.bare:make", "127.0.0.1", port, workers, 1), 0)
