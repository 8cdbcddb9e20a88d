"""Search of the read path as it is served, in two workers, over 20,000 outputs in six languages.

Each language has words of its own, of which few are common and most are rare, and each text about 200 of them. Clients
ask thousands of different questions, so that nothing that is remembered helps.
"""

import hashlib
import multiprocessing
import random
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate
from urllib.parse import urlencode

from sqlalchemy import Engine, insert, text

from app.core.i18n import LANGUAGES
from app.core.signing import Signer
from app.domain.releases.models import ReleasedText
from app.domain.releases.queries.signed_texts import sign_file_text
from app.settings import Settings
from bench.catalogue import CLIENTS, PORT, WORKERS, a_read_path, children, resident, seal, until_all_find, whole
from bench.upload import Measured

SIZE = 20_000
PATTERN = 1_000  # texts of each language; the outputs alternate
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
    """Questions answered per second, one after the other on each connection; the memory of a worker."""
    chance = random.Random(20)  # noqa: S311 - the same questions each time
    fill(engine, chance, sign)
    seal(engine, sign)
    asked = [request(cookie, question) for question in questions(chance)]
    with a_read_path(settings) as process:
        began = time.monotonic()
        until_all_find(process, asked[0])
        ready = time.monotonic() - began
        used = cpu(process)
        rates = rate(asked)
        used = cpu(process) - used
        memory = max(resident(child) for child in children(process.pid))
    answered, slowest = sum(each for each, _ in rates), max(p99 for _, p99 in rates)
    of = f"{SIZE:,} outputs, {len(LANGUAGES)} languages, {QUESTIONS:,} different questions"
    return [
        ("output_search_rps", answered, "1/s", f"{of}, {WORKERS} workers, {CLIENTS} clients, 99% in {slowest:.0f} ms"),
        ("output_search_cpu_ms", used / (answered * SECONDS) * 1000, "ms", "of a worker's processor, for one answer"),
        ("output_search_mb", memory, "MB", f"memory of one worker; its index was ready after {ready:.0f} s"),
    ]


def fill(engine: Engine, chance: random.Random, sign: Signer) -> None:
    """So many outputs, each with a title and a text in every language."""
    titles = "[" + ",".join(_titles(chance) for _ in range(PATTERN)) + "]"
    texts = [
        sign_file_text(
            hashlib.sha256(f"{language}{number}".encode()).hexdigest(),
            [" ".join(some(chance, language, 50)) + "." for _ in range(4)],
            sign,
        )
        for language in LANGUAGES
        for number in range(PATTERN)
    ]
    with engine.begin() as connection:
        connection.execute(OUTPUTS, {"titles": titles, "pattern": PATTERN, "size": SIZE})
        connection.execute(FILES, {"languages": list(LANGUAGES), "pattern": PATTERN, "size": SIZE})
        connection.execute(insert(ReleasedText), texts)


def _titles(chance: random.Random) -> str:
    titles = (f'"{language}": "{" ".join(some(chance, language, 6))}"' for language in LANGUAGES)
    return "{" + ", ".join(titles) + "}"


def some(chance: random.Random, language: str, how_many: int) -> list[str]:
    """Words of that language, as often as in any text."""
    return [f"{STEMS[language]}{rank}" for rank in chance.choices(RANKS, cum_weights=WEIGHTS, k=how_many)]


def questions(chance: random.Random) -> Iterator[str]:
    """One word, two, three, a phrase, one that must not be there, a symbol, a word that is nowhere: alternately."""
    for number in range(QUESTIONS):
        one, other, third = some(chance, chance.choice(LANGUAGES), 3)
        forms = (one, f"{one} {other}", f"{one} {other} {third}", f'"{one} {other}"', f"{one} -{other}")
        yield (*forms, f"22/OUT/{chance.randint(1, SIZE)}", f"absent{number}")[number % 7]


def request(cookie: str, question: str) -> bytes:
    path = f"/search?{urlencode({'q': question})}"
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{PORT}", f"Cookie: {cookie}", "Accept-Language: en", "", ""]
    return "\r\n".join(lines).encode()


def rate(asked: Sequence[bytes]) -> list[tuple[float, float]]:
    """Of each client: answers per second, and the 99th percentile in milliseconds."""
    with multiprocessing.Pool(CLIENTS) as pool:
        parts = [(asked[number::CLIENTS],) for number in range(CLIENTS)]
        return pool.starmap(_ask, parts, chunksize=1)


def _ask(asked: Sequence[bytes]) -> tuple[float, float]:
    spent: list[float] = []
    with socket.create_connection(("127.0.0.1", PORT), timeout=600) as line:
        began = time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            each = time.perf_counter()
            line.sendall(asked[len(spent) % len(asked)])
            whole(line)
            spent.append(time.perf_counter() - each)
        total = time.perf_counter() - began
    spent.sort()
    return len(spent) / total, spent[int(len(spent) * 0.99)] * 1000


def cpu(process: "subprocess.Popen[bytes]") -> float:
    """Seconds of processor that the workers have used."""
    return sum(_of_a_process(child) for child in children(process.pid))


def _of_a_process(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:  # noqa: PTH123 - not a file of ours
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
