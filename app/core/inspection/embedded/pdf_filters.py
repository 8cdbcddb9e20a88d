"""Filters of the streams of a PDF, unpacked in pieces of bounded size (ISO 32000-2, 7.4)."""

import zlib
from base64 import a85decode
from collections.abc import Iterable, Iterator

import pikepdf

FLATE_FILTERS = {"/FlateDecode", "/Fl"}
RUN_FILTERS = {"/RunLengthDecode", "/RL"}
SWELLING_FILTERS = RUN_FILTERS | {"/LZWDecode", "/LZW"}
PIECE_BYTES = 256 * 1024
MAX_LAYERS = 8
END_OF_RUNS = 128


def list_filters(stream: pikepdf.Object) -> list[str]:
    """Return the names of the filters of a stream, the outermost first."""
    filters = stream.get("/Filter")
    if isinstance(filters, pikepdf.Array):
        return [str(name) for name in filters]
    return [str(filters)] if isinstance(filters, pikepdf.Name) else []


def unpack_layers(pieces: Iterable[bytes], filters: list[str]) -> Iterator[bytes]:
    """Yield unpacked pieces of bounded size; data that cannot be unpacked ends them, as it does in viewers."""
    for name in filters[:MAX_LAYERS]:
        pieces = unpack_runs(pieces) if name in RUN_FILTERS else unpack_once(pieces)
    yield from pieces


def unpack_runs(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the unpacked pieces of run lengths (7.4.5), each at most 64 times as long as what it was."""
    rest = b""
    for piece in pieces:
        data, at, out = rest + piece, 0, bytearray()
        while at < len(data):
            count = data[at]
            taken = count + 2 if count < END_OF_RUNS else 2
            if count == END_OF_RUNS or at + taken > len(data):
                break
            run = data[at + 1 : at + taken]
            out += run if count < END_OF_RUNS else run * (2 * END_OF_RUNS + 1 - count)
            at += taken
        yield bytes(out)
        rest = data[at:]
        if rest.startswith(bytes([END_OF_RUNS])):
            return


def unpack_once(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the unpacked pieces of one layer."""
    decoder = zlib.decompressobj()
    for piece in pieces:
        while piece and not decoder.eof:
            try:
                yield decoder.decompress(piece, PIECE_BYTES)
            except zlib.error:
                return
            piece = decoder.unconsumed_tail


def take_filters_off(data: bytes, filters: list[str]) -> bytes:
    """Return the beginning of what is under the filters, empty if one of them is not known."""
    for name in filters:
        try:
            if name in FLATE_FILTERS:
                data = next(unpack_once([data]), b"")
            elif name in {"/ASCIIHexDecode", "/AHx"}:
                data = bytes.fromhex(data.partition(b">")[0].decode("ascii"))
            elif name in {"/ASCII85Decode", "/A85"}:
                data = a85decode(data.partition(b"~>")[0])
            else:
                return b""
        except ValueError:
            return b""
    return data
