"""A device key in Python's hands: locked, failing, lying, slow, hanging, forgotten."""

from __future__ import annotations

import gc
import queue
import secrets
import threading
import time
import weakref
from typing import Any, Callable, Dict

from abuse_bench import ROWS, fresh_key, raises, whole
from firsthand import FOREGROUND, Field, KeyIsLocked, set_log, status
from p256 import Key, N

PATIENCE = 60
SLOW_SECONDS = 2
#: What the library waits for a signer, and the time a busy machine takes to notice.
ABANDONED_SECONDS = (9.0, 25.0)


class Moody:
    """A signer that does what it is told to."""

    def __init__(self) -> None:
        self._key, self._other = Key(secrets.randbelow(N - 1) + 1), Key(secrets.randbelow(N - 1) + 1)
        self.public_key = self._key.public_key
        self.mood: Callable[[bytes], bytes] = self._key.sign
        self.begun, self.let_go, self.back = threading.Event(), threading.Event(), threading.Event()

    def sign(self, message: bytes) -> bytes:
        return self.mood(message)

    def well(self) -> None:
        self.mood = self._key.sign

    def locked(self, _: bytes) -> bytes:
        raise KeyIsLocked

    def failing(self, _: bytes) -> bytes:
        raise OSError("the card was pulled out")

    def leaving(self, _: bytes) -> bytes:
        raise SystemExit

    def lying(self, message: bytes) -> bytes:
        return self._other.sign(message)

    def about_something_else(self, message: bytes) -> bytes:
        return self._key.sign(message + b".")

    def rambling(self, _: bytes) -> bytes:
        return b"\x30" * 4096

    def silent(self, _: bytes) -> bytes:
        return b""

    def babbling(self, _: bytes) -> bytes:
        return b"\x30\x06\x02\x01\x00\x02\x01\x00"

    def slow(self, message: bytes) -> bytes:
        # Nobody lets go in this mood: the time itself is what is tried.
        self.let_go.wait(SLOW_SECONDS)
        return self._key.sign(message)

    def hanging(self, message: bytes) -> bytes:
        self.begun.set()
        self.let_go.wait(PATIENCE)
        self.back.set()
        return self._key.sign(message)


class Heard:
    """The events of a store, waited for."""

    def __init__(self, field: Field):
        self._queue: "queue.Queue[Dict[str, Any]]" = queue.Queue()
        field.listen(self._queue.put)

    def until(self, wanted: Callable[[Dict[str, Any]], bool]) -> Dict[str, Any]:
        while True:
            event = self._queue.get(timeout=PATIENCE)
            if wanted(event):
                return event


def moods(path: str, code: str) -> None:
    ROWS.begin("signer")
    signer, key = Moody(), fresh_key()
    field = Field(path, key, signer=signer)
    field.enrol(code)
    draft = field.new("disclosure", {"speaker": "a pupil", "words_verbatim": [{"seq": 1, "text": "the first words"}]})["id"]
    for name in ("locked", "failing", "leaving", "lying", "about_something_else", "rambling", "silent", "babbling"):
        signer.mood = getattr(signer, name)
        expected = status.KEY_LOCKED if name == "locked" else status.SIGNER_BAD
        ROWS.status(f"{name}: seal", raises(lambda: field.seal(draft)), expected)
    signer.well()
    ROWS.fact("the draft is as it was", words(field, draft) == ["the first words"])
    _slow(field, signer, draft)
    _hanging(field, signer)
    _locked_and_on_line(field, signer)
    _forgotten(field, path, key, signer)


def _slow(field: Field, signer: Moody, draft: str) -> None:
    signer.let_go.clear()
    signer.mood = signer.slow
    begun = time.monotonic()
    ROWS.status(f"slow ({SLOW_SECONDS} s): seal", raises(lambda: field.seal(draft)), status.OK)
    ROWS.fact("slow: it was waited for", time.monotonic() - begun >= SLOW_SECONDS)
    signer.well()


def _hanging(field: Field, signer: Moody) -> None:
    draft = field.new("disclosure", {"words_verbatim": [{"seq": 1, "text": "while it hung"}]})["id"]
    signer.mood = signer.hanging
    begun = time.monotonic()
    ROWS.status("hanging: seal", raises(lambda: field.seal(draft)), status.SIGNER_TIMEOUT)
    took = time.monotonic() - begun
    ROWS.fact("hanging: abandoned after 10 s", ABANDONED_SECONDS[0] <= took <= ABANDONED_SECONDS[1])
    ROWS.fact("hanging: the draft is as it was", words(field, draft) == ["while it hung"])
    signer.well()
    ROWS.status("well again beside the hanging call: seal", raises(lambda: field.seal(draft)), status.OK)
    signer.let_go.set()
    ROWS.fact("hanging: the call came back and harmed nothing", signer.back.wait(PATIENCE))


def _locked_and_on_line(field: Field, signer: Moody) -> None:
    """A locked key pauses the sync; what was written meanwhile is neither lost nor late."""
    heard = Heard(field)
    for what, resume in (
        ("field_network_changed", lambda: field.network_changed(True)),
        ("field_lifecycle 0", lambda: field.lifecycle(FOREGROUND)),
    ):
        signer.mood = signer.locked
        field.sync_start()
        heard.until(lambda event: event["event"] == "offline" and event.get("code") == "D.key_locked")
        ROWS.fact(f"{what}: a locked key is told as offline, D.key_locked", True)
        text = f"written while the key was locked, before {what}"
        made = field.new("disclosure", {"speaker": "a pupil"})["id"]
        field.keep(made, {"words_verbatim": [{"seq": 1, "text": text}]})
        ROWS.fact(f"{what}: a draft can be taken while it is locked", words(field, made) == [text])
        ROWS.status(f"{what}: sealing has to wait", raises(lambda: field.seal(made)), status.KEY_LOCKED)
        signer.well()
        resume()
        heard.until(lambda event: event["event"] == "online")
        ROWS.fact(f"{what}: unlocked, the sync goes on", True)
        sealed = field.seal(made)
        heard.until(lambda event: event["event"] == "receipt" and event.get("statement") == sealed["statement"])
        ROWS.fact(f"{what}: the draft was sealed and is on the server", words(field, made) == [text])
        field.sync_stop()


def _forgotten(field: Field, path: str, key: bytes, signer: Moody) -> None:
    """Nobody but the library knows the signer any more, and the collector runs all the time."""
    gone, public_key, private = weakref.ref(signer), signer.public_key, signer._key
    del signer
    for n in range(20):
        gc.collect()
        draft = field.new("disclosure", {"words_verbatim": [{"seq": 1, "text": f"collected {n}"}]})["id"]
        field.seal(draft)
    gc.collect()
    ROWS.fact("a forgotten signer still signs", gone() is not None and gone().public_key == public_key)
    whole(field, "with a signer in Python")
    field.close()


def released(path: str) -> None:
    """The signer is let go of when its store is closed, and at once when it was never opened."""
    ROWS.begin("release")
    released_ = threading.Event()
    signer = Moody()
    weakref.finalize(signer, released_.set)
    field = Field(path, fresh_key(), signer=signer)
    del signer
    gc.collect()
    ROWS.fact("kept while the store is open", not released_.is_set())
    field.close()
    gc.collect()
    ROWS.fact("released when it is closed", released_.wait(PATIENCE))
    never = threading.Event()
    signer = Moody()
    weakref.finalize(signer, never.set)
    ROWS.status("a store that does not open", raises(lambda: Field(path, b"x" * 32, signer=signer)), 1003)
    del signer
    gc.collect()
    ROWS.fact("its signer stayed the app's", never.wait(PATIENCE))


def logging(field: Field) -> None:
    """Log callbacks that raise, that call the library, that are replaced under load."""
    ROWS.begin("log")
    lines: "queue.Queue[str]" = queue.Queue()
    set_log(lambda level, line: lines.put(line))
    raises(lambda: field.show("0199a000-0000-7000-8000-000000000001"))
    ROWS.fact("a refusal is a line", lines.get(timeout=PATIENCE).startswith("field_record_show "))
    inner: "queue.Queue[int]" = queue.Queue()
    set_log(lambda level, line: inner.put(raises(lambda: set_log(None))))
    raises(lambda: field.show("0199a000-0000-7000-8000-000000000001"))
    ROWS.status("set from within itself", inner.get(timeout=PATIENCE), 1009)

    def broken(level: int, line: str) -> None:
        raise RuntimeError("a broken log")

    set_log(broken)
    ROWS.status("a log that raises", raises(lambda: field.show("x")), 1502)
    stop = threading.Event()

    def refuse() -> None:
        while not stop.is_set():
            raises(lambda: field.show("x"))

    threads = [threading.Thread(target=refuse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(200):
        set_log(lambda level, line: None)
        gc.collect(0)
    stop.set()
    for thread in threads:
        thread.join()
    set_log(None)
    ROWS.fact("replaced 200 times under load", True)


def words(field: Field, id: str) -> list:
    return [line["text"] for line in field.show(id)["words_verbatim"]]
