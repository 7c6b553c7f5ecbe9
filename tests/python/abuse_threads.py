"""Many threads, closing in the middle, opening for ever, and a process that forks."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from abuse_bench import LIBRARY, ON_STORE, ROWS, action, fresh_key, raises, raw
from firsthand import Field, status
from firsthand.library import LOG, fetch, lend

THREADS, ROUNDS = 16, 12
CYCLES = 2_000
#: What 1,500 more cycles may add: what an allocator keeps for itself, and nothing that adds up.
GROWTH_BYTES_MAX = 6 * 1024 * 1024
#: What `field_close` promises, and the time a busy machine takes to say so.
CLOSE_SECONDS_MAX = 5 + 3


def together(field: Field) -> None:
    """Sixteen threads that write, read and list with one handle."""
    ROWS.begin("threads")
    gate = threading.Barrier(THREADS)

    def work(number: int) -> list:
        gate.wait()
        ids = []
        for n in range(ROUNDS):
            ids.append(field.new("action", action(f"thread {number} round {n}"))["id"])
            field.show(ids[-1], purpose="abuse")
            field.list(kind="action", unsent=True)
            field.search(f"thread {number}")
            field.status()
            field.event(0)
        return ids

    with ThreadPoolExecutor(THREADS) as pool:
        done = [pool.submit(work, number) for number in range(THREADS)]
        made = [id for one in done for id in one.result()]
    held = {line["id"] for line in field.list(kind="action")}
    ROWS.fact(f"{THREADS} threads, {len(made)} records: none is lost", len(set(made)) == len(made) and set(made) <= held)


def closing(path: str, key: bytes) -> int:
    """Closes while an event is waited for and a sync is under way; answers the dead handle."""
    ROWS.begin("close")
    # A server that takes every packet and says nothing: a sync that has begun goes on.
    deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    deaf.bind(("127.0.0.1", 0))
    deaf.settimeout(60)
    field = Field(path, key, server="127.0.0.1:%d" % deaf.getsockname()[1])
    store, drained = field.store, threading.Event()

    def waits() -> int:
        while True:
            number, _ = fetch(LIBRARY, lambda out: LIBRARY.field_event_next(store, 0, out))
            if number != status.OK:
                break
        drained.set()
        while True:
            number, _ = fetch(LIBRARY, lambda out: LIBRARY.field_event_next(store, 600_000, out))
            if number != status.OK:
                return number

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(waits) for _ in range(2)]
        syncing = pool.submit(lambda: fetch(LIBRARY, lambda out: LIBRARY.field_sync_once(store, 600_000, out)))
        drained.wait(60)
        deaf.recv(2048)
        second = fetch(LIBRARY, lambda out: LIBRARY.field_sync_once(store, 1_000, out))
        ROWS.status("a second sync while one is under way", second[0], 1214, second[1])
        begun = time.monotonic()
        ROWS.status("field_close in the middle of it", LIBRARY.field_close(store), status.OK)
        took = time.monotonic() - begun
        ROWS.fact("it came back in time", took < CLOSE_SECONDS_MAX)
        for waiter in waiting:
            ROWS.status("field_event_next that was waiting", waiter.result(30), status.CLOSED)
        number, _ = syncing.result(30)
        ROWS.status("field_sync_once that was under way", number, (status.CLOSED, status.NO_NETWORK, 1007))
    deaf.close()
    ROWS.status("closing again", LIBRARY.field_close(store), status.CLOSED)
    with Field(path, key) as again:
        ROWS.fact("the store opens again and verifies", again.verify()["ok"])
    return store


def cycles(folder: str) -> None:
    """Opens and closes a store two thousand times."""
    ROWS.begin("cycles")
    path, key = f"{folder}/cycles", fresh_key()
    text = json.dumps({"path": path}).encode()
    store, wrong, base, seen = ctypes.c_uint64(), 0, 0, set()
    for round_ in range(CYCLES):
        number = LIBRARY.field_open(lend(text), lend(key), None, ctypes.byref(store), None)
        seen.add(store.value)
        wrong += number != status.OK or LIBRARY.field_close(store.value) != status.OK
        if round_ == CYCLES // 4:
            base = resident()
    growth = resident() - base
    ROWS.fact(f"{CYCLES} times opened and closed", wrong == 0)
    ROWS.fact("no number was given out twice", len(seen) == CYCLES)
    ROWS.fact(f"memory stays flat ({growth // 1024} KiB more after {CYCLES * 3 // 4} rounds)", growth < GROWTH_BYTES_MAX)


def resident() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def forked(field: Field, folder: str) -> None:
    """A child without exec may touch nothing; its parent goes on."""
    ROWS.begin("fork")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answers = {name: raw(name, field.store)[0] for name in ON_STORE}
            answers.update({f"{name} (0)": raw(name, 0)[0] for name in ON_STORE})
            text, store = json.dumps({"path": f"{folder}/of-the-child"}).encode(), ctypes.c_uint64()
            answers["field_open"] = LIBRARY.field_open(lend(text), lend(b"k" * 32), None, ctypes.byref(store), None)
            answers["field_set_log_callback"] = LIBRARY.field_set_log_callback(LOG(), None)
            os.write(writing, json.dumps(answers).encode())
        finally:
            # Without the ends of the parent: its stores are not the child's to close.
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answers = json.loads(pipe.read() or "{}")
    os.waitpid(child, 0)
    for name, number in answers.items():
        ROWS.status(f"{name}: in the child", number, status.HANDLE)
    ROWS.fact("every function was asked", len(answers) == 2 * len(ON_STORE) + 2)
    made = field.new("action", action("after the fork"))
    ROWS.fact("the parent's store is as it was", field.show(made["id"])["status"] is not None and field.verify()["ok"])


def two_openings(path: str, key: bytes) -> None:
    """One folder is opened once; another key opens nothing and harms nothing."""
    ROWS.begin("twice")
    with Field(path, key):
        ROWS.status("a second opening", raises(lambda: Field(path, key)), 1002)
    ROWS.status("another key", raises(lambda: Field(path, b"x" * 32)), 1003)
    ROWS.status("the right key, afterwards", raises(lambda: Field(path, key).close()), status.OK)
