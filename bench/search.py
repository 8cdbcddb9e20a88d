"""Search of the read path in two workers, over 20,000 outputs in six languages.

Each language has its own words, of which few are common and most are rare, and each text about 200 of them. Clients
send thousands of different queries, so that no cache helps.
"""

import hashlib
import multiprocessing
import random
import socket
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate
from urllib.parse import urlencode

from sqlalchemy import Engine, insert, text

from app.core.i18n import LANGUAGES
from app.core.signing import Signer
from app.domain.releases.models import ReleasedFileParagraphs
from app.domain.releases.queries.signed_texts import sign_file_text
from app.settings import Settings
from bench.catalogue import (
    CLIENTS,
    PORT,
    WORKERS,
    build_request,
    list_workers,
    read_response,
    resident_megabytes,
    run_read_path,
    sign_manifests,
    wait_until_all_are_indexed,
)
from bench.filling import record_rows, wait_until_arrived
from bench.processor_time import used_seconds
from bench.results import Measured

SIZE = 20_000
PATTERN = 1_000  # texts of each language; the outputs use them in rotation
QUESTIONS = 4_000
SECONDS = 8.0
STEMS = {"ar": "كلمة", "zh": "词", "en": "word", "fr": "mot", "ru": "слово", "es": "palabra"}
RANKS = range(1, 5_001)
WEIGHTS = list(accumulate(1 / rank for rank in RANKS))  # Zipf: as in any language
OUTPUTS = text(
    """
    INSERT INTO release.output
        (id, slug, symbol, kind, body, body_names, meeting, titles, original, adopted_on, adopted_how, addressees,
         released_at)
    SELECT md5('search' || n)::uuid, 'S-22-OUT-' || n, 'S 22/OUT/' || n, (ARRAY['report', 'decision'])[1 + n % 2], 'x',
        '{"en": "Council Working Group"}', 30 + n / 1000, CAST(:titles AS jsonb) -> (n % :pattern), 'en',
        date '2000-01-01' + n % 9000, 'meeting', '{membership}', timestamptz '2000-01-01' + n * interval '10 hours'
    FROM generate_series(1, CAST(:size AS integer)) n
    """
)
FILES = text(
    """
    INSERT INTO release.file (output_id, language, sha256, size, media, name)
    SELECT md5('search' || n)::uuid, language, encode(sha256(convert_to(language || n % :pattern, 'UTF8')), 'hex'),
        1000, 'application/pdf', 'x.pdf'
    FROM generate_series(1, CAST(:size AS integer)) n CROSS JOIN unnest(CAST(:languages AS text[])) language
    """
)


def measure(settings: Settings, engine: Engine, cookie: str, sign: Signer) -> list[Measured]:
    """Measure queries per second, sequential on each connection, and the memory of a worker."""
    chance = random.Random(20)  # noqa: S311 - the same queries each time
    create_outputs(engine, chance, sign)
    sign_manifests(engine, sign)
    wait_until_arrived(engine, settings)
    requests = [
        build_request(cookie, path=f"/search?{urlencode({'q': question})}") for question in generate_queries(chance)
    ]
    with run_read_path(settings) as process:
        start = time.monotonic()
        wait_until_all_are_indexed(process, requests[0])
        ready = time.monotonic() - start
        before = used_seconds(list_workers(process.pid))
        rates = measure_rates(requests)
        used = used_seconds(list_workers(process.pid)) - before
        memory = max(resident_megabytes(child) for child in list_workers(process.pid))
    answered, slowest = sum(each for each, _ in rates), max(p99 for _, p99 in rates)
    of = f"{SIZE:,} outputs, {len(LANGUAGES)} languages, {QUESTIONS:,} different questions"
    return [
        ("output_search_rps", answered, "1/s", f"{of}, {WORKERS} workers, {CLIENTS} clients, 99% in {slowest:.0f} ms"),
        ("output_search_cpu_ms", used / (answered * SECONDS) * 1000, "ms", "of a worker's processor, for one answer"),
        ("output_search_mb", memory, "MB", f"memory of one worker; its index was ready after {ready:.0f} s"),
    ]


def create_outputs(engine: Engine, chance: random.Random, sign: Signer) -> None:
    """Create outputs, each with a title and a text in every language."""
    titles = "[" + ",".join(_titles(chance) for _ in range(PATTERN)) + "]"
    texts = [
        sign_file_text(
            hashlib.sha256(f"{language}{number}".encode()).hexdigest(),
            [" ".join(random_words(chance, language, 50)) + "." for _ in range(4)],
            sign,
        )
        for language in LANGUAGES
        for number in range(PATTERN)
    ]
    with engine.begin() as connection:
        connection.execute(OUTPUTS, {"titles": titles, "pattern": PATTERN, "size": SIZE})
        connection.execute(FILES, {"languages": list(LANGUAGES), "pattern": PATTERN, "size": SIZE})
        connection.execute(insert(ReleasedFileParagraphs), texts)
        record_rows(connection)


def _titles(chance: random.Random) -> str:
    titles = (f'"{language}": "{" ".join(random_words(chance, language, 6))}"' for language in LANGUAGES)
    return "{" + ", ".join(titles) + "}"


def random_words(chance: random.Random, language: str, how_many: int) -> list[str]:
    """Return random words of a language with the frequency of ordinary text."""
    return [f"{STEMS[language]}{rank}" for rank in chance.choices(RANKS, cum_weights=WEIGHTS, k=how_many)]


def generate_queries(chance: random.Random) -> Iterator[str]:
    """Yield in rotation one word, two, three, a phrase, an exclusion, a symbol, an absent word."""
    for number in range(QUESTIONS):
        one, other, third = random_words(chance, chance.choice(LANGUAGES), 3)
        forms = (one, f"{one} {other}", f"{one} {other} {third}", f'"{one} {other}"', f"{one} -{other}")
        yield (*forms, f"22/OUT/{chance.randint(1, SIZE)}", f"absent{number}")[number % 7]


def measure_rates(requests: Sequence[bytes]) -> list[tuple[float, float]]:
    """Return for each client responses per second and the 99th percentile in milliseconds."""
    with multiprocessing.Pool(CLIENTS) as pool:
        parts = [(requests[number::CLIENTS],) for number in range(CLIENTS)]
        return pool.starmap(_send_queries, parts, chunksize=1)


def _send_queries(requests: Sequence[bytes]) -> tuple[float, float]:
    spent: list[float] = []
    with socket.create_connection(("127.0.0.1", PORT), timeout=600) as line:
        start = time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            sent_at = time.perf_counter()
            line.sendall(requests[len(spent) % len(requests)])
            read_response(line)
            spent.append(time.perf_counter() - sent_at)
        total = time.perf_counter() - start
    spent.sort()
    return len(spent) / total, spent[int(len(spent) * 0.99)] * 1000
