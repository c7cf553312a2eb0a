"""The keeper's command line; `ensure` starts it."""

import argparse
import logging
import os
import sys
from pathlib import Path

from . import keeper, locks
from .errors import NotStarted
from .location import Location


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m healthmsg.embedded", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--not-durable", action="store_true")
    parser.add_argument("--lock", type=int, help="the keeper's lock, held, as a descriptor")
    options = parser.parse_args()
    location = Location(options.directory, durable=not options.not_durable)
    lock = options.lock if options.lock is not None else _own_lock(location)
    # The parent goes, so that the keeper is a child and later a zombie of no user.
    if os.fork():
        os._exit(0)
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
    try:
        keeper.keep(location, lock)
    except NotStarted as reason:
        logging.getLogger(__name__).error("%s", reason)  # noqa: TRY400
        sys.exit(1)


def _own_lock(location: Location) -> int:
    location.logs.mkdir(parents=True, exist_ok=True)
    lock = locks.open_lock(location.keeper_lock)
    if not locks.try_exclusive(lock):
        sys.exit("another keeper is at work")
    return lock


main()
