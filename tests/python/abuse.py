"""Everything wrong that can be done to libfield from Python.

    FIELD_LIBRARY=.. python3 abuse.py FOLDER CODE CODE CODE

Needs a server that is running, and three one-time codes of it. Prints a row of JSON for each thing done; ends
with 0 when each came to what was expected and every store verifies whole.
"""

from __future__ import annotations

import faulthandler
import sys

import abuse_calls as calls
import abuse_signers as signers
import abuse_threads as threads
from abuse_bench import ROWS, fresh_key, whole
from firsthand import Field


def main() -> None:
    faulthandler.enable()
    folder, first, second, third = sys.argv[1:]
    calls.opening(folder)

    other = fresh_key()
    with Field(f"{folder}/closing", other) as field:
        field.enrol(third)
    closed = threads.closing(f"{folder}/closing", other)
    threads.two_openings(f"{folder}/closing", other)

    key = fresh_key()
    with Field(f"{folder}/store", key) as field:
        field.enrol(first)
        calls.handles(closed)
        calls.nulls(field)
        calls.requests(field)
        calls.values(field)
        threads.together(field)
        threads.forked(field, folder)
        signers.logging(field)
        ROWS.begin("end")
        answer = field.sync_once(60_000)
        ROWS.fact("after all of it everything is sent", not answer["more"] and not answer["rejected"])
        whole(field, "after all of it")
    with Field(f"{folder}/store", key) as field:
        whole(field, "opened again")

    signers.moods(f"{folder}/signer", second)
    signers.released(f"{folder}/released")
    threads.cycles(folder)
    sys.exit(1 if ROWS.failed else 0)


if __name__ == "__main__":
    main()
