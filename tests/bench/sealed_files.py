"""What it costs that patients' files lie sealed: written and read, beside clear ones."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from tests.bench.figures import Figure

_REPEATS = 3
_CAME_IN = os.urandom(64 * 1024)
_PIECE = 1 << 20


def each(bench: str) -> Iterator[Figure]:
    with TemporaryDirectory() as place:
        path = Path(place, "file")
        for megabytes in (1, 16, 100):
            for how, (write, read) in _WAYS.items():
                name = f"a file of {megabytes} MB {how}"
                yield Figure(bench, f"{name}, written", _took(path, "wb", write, megabytes), "ms")
                yield Figure(bench, f"{name}, read", _took(path, "rb", read, megabytes), "ms")


def _took(path: Path, mode: str, do: Callable[[IO[bytes], int], None], megabytes: int) -> float:
    best = float("inf")
    for _ in range(_REPEATS):
        began = time.perf_counter()
        with path.open(mode) as file:
            do(file, megabytes)
        best = min(best, 1000 * (time.perf_counter() - began))
    return best


def _parts(megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes * _PIECE // len(_CAME_IN)):
        yield _CAME_IN


def _write(file: IO[bytes], megabytes: int) -> None:
    for part in _parts(megabytes):
        file.write(part)


def _seal(file: IO[bytes], megabytes: int) -> None:
    from healthmsg.clinic import sealed_files

    sealed_files.seal(_parts(megabytes), file, of="file")


def _read(file: IO[bytes], _megabytes: int) -> None:
    while file.read(_PIECE):
        pass


def _unseal(file: IO[bytes], _megabytes: int) -> None:
    from healthmsg.clinic import sealed_files

    for _piece in sealed_files.unseal(file, of="file"):
        pass


_WAYS = {"in clear": (_write, _read), "sealed": (_seal, _unseal)}
