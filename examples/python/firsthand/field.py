"""One open store: every function of field.h, with Python's own values."""

from __future__ import annotations

import ctypes
import json
import threading
import weakref
from typing import Any, Callable, Dict, Iterator, List, Optional, Union

from . import signer as signers
from . import status
from .errors import FieldError, check
from .library import LOG, Bytes, fetch, lend, load, the_library

Json = Dict[str, Any]
StoreKey = Union[bytes, bytearray]

#: How long one fetch of an event waits. Closing the store wakes it; this lets Ctrl-C through as well.
WAIT_MS = 1_000

#: What an app's life can come to (`Field.lifecycle`).
FOREGROUND, BACKGROUND, LOCKED = 0, 1, 2


class Field:
    """One open store of one user. Any thread may call, several at once.

    Calls are short and never wait for the network, but for `enrol` and `sync_once`. They write to the
    disk, so keep them off the thread that draws. `with Field(..) as field:` closes it; so does the end
    of the program.
    """

    def __init__(
        self,
        path: str,
        store_key: StoreKey,
        *,
        server: Optional[str] = None,
        now: Optional[str] = None,
        locale: Optional[str] = None,
        signer: Optional[signers.Signer] = None,
        library: Optional[str] = None,
    ):
        """Opens the store of a folder, making it where there is none.

        `store_key` is 32 bytes from the platform's keystore. Without a signer the library makes a
        device key and keeps it in the encrypted store.
        """
        self._library = load(library) if library else the_library()
        config: Json = {"path": str(path), "server": server, "now": now, "locale": locale}
        self.store = self._open({name: value for name, value in config.items() if value is not None}, store_key, signer)
        self._end = weakref.finalize(self, self._library.field_close, self.store)

    def _open(self, config: Json, store_key: StoreKey, signer: Optional[signers.Signer]) -> int:
        text, store = json.dumps(config).encode(), ctypes.c_uint64(0)
        ticket = public_key = pointer = None
        if signer is not None:
            ticket, public_key = signers.DESK.admit(signer), bytes(signer.public_key)
            pointer = ctypes.byref(signers.struct_of(ticket, public_key))
        with _Key(store_key) as key:
            number, answer = fetch(
                self._library,
                lambda error: self._library.field_open(lend(text), key, pointer, ctypes.byref(store), error),
            )
        if number != status.OK:
            # After a failure the signer is ours: the library will not release it.
            signers.DESK.dismiss(ticket)
        check(self._library, number, answer)
        return store.value

    # ---- life

    def __enter__(self) -> "Field":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Closes the store for good, within 5 s. A second call is harmless."""
        self._end()

    @property
    def closed(self) -> bool:
        """Whether it was closed here."""
        return not self._end.alive

    def suspend(self) -> None:
        """Before the system freezes the app: no file is open and no thread runs when this returns."""
        check(self._library, self._library.field_suspend(self.store))

    def resume(self) -> None:
        """After `suspend`; staying in sync goes on by itself."""
        check(self._library, self._library.field_resume(self.store))

    def lifecycle(self, state: int) -> None:
        """`FOREGROUND`, `BACKGROUND` or `LOCKED`, which drops the store's key."""
        check(self._library, self._library.field_lifecycle(self.store, state))

    def unlock(self, store_key: StoreKey) -> None:
        """Gives a locked store its key."""
        with _Key(store_key) as key:
            check(self._library, self._library.field_unlock(self.store, key))

    def rekey(self, new_store_key: StoreKey) -> Json:
        """Changes the store's key. Keep the old one beside the new until this has answered."""
        with _Key(new_store_key) as key:
            return self._answer(lambda out: self._library.field_rekey(self.store, key, out))

    # ---- records

    def enrol(self, code: str) -> Json:
        """Makes this store somebody's device with a one-time code. Waits for the network, up to 30 s."""
        return self._ask(self._library.field_enrol, {"code": code})

    def new(self, kind: str, body: Json) -> Json:
        """A new record; it is on disk when this returns."""
        return self._ask(self._library.field_record_new, {"kind": kind, "body": body})

    def edit(self, id: str, set: Json) -> Json:
        """Changes working fields by path."""
        return self._ask(self._library.field_record_edit, {"id": id, "set": set})

    def keep(self, id: str, set: Json) -> Json:
        """Keeps what was just typed into a draft: for an autosave, at most 2 s after a keystroke."""
        return self._ask(self._library.field_draft_keep, {"id": id, "set": set})

    def seal(self, id: str) -> Json:
        """Seals a draft: its words never change again. What is missing never stops it."""
        return self._ask(self._library.field_record_seal, {"id": id})

    def addendum(self, id: str, reason: str, text: Optional[str] = None, set: Optional[Json] = None) -> Json:
        """Adds to a sealed record; `set` only for paths among the gaps of its seal."""
        given = {"id": id, "reason": reason, "text": text, "set": set}
        return self._ask(self._library.field_record_addendum, _without_none(given))

    def do(self, id: str, verb: str, body: Optional[Json] = None) -> Json:
        """A step of a record's life."""
        return self._ask(self._library.field_record_do, _without_none({"id": id, "verb": verb, "body": body}))

    def show(self, id: str, purpose: Optional[str] = None) -> Json:
        """The whole record. That it was read is logged, with the purpose."""
        return self._ask(self._library.field_record_show, _without_none({"id": id, "purpose": purpose}))

    def list(self, **only: Any) -> List[Json]:
        """Lines of records, newest first; `kind`, `case`, `open` and `unsent` narrow it down."""
        return self._ask(self._library.field_record_list, _without_none(only))

    def search(self, text: str) -> List[Json]:
        """Full text over what this device holds, best first."""
        return self._ask(self._library.field_search, {"text": text})

    def attachment_add(self, id: str, path: str, media_type: Optional[str] = None) -> Json:
        """Attaches a file: on this device's disk, encrypted, when it returns; sent after everything else."""
        request = _without_none({"id": id, "path": path, "type": media_type})
        return self._ask(self._library.field_attachment_add, request)

    def attachment_fetch(self, id: str, sha256: str, to: str) -> Json:
        """Decrypts an attached file into a file; waits for the network where it is not on this device."""
        return self._ask(self._library.field_attachment_fetch, {"id": id, "sha256": sha256, "to": to})

    def status(self) -> Json:
        """What is unsent, how old it is, whether the server is reached."""
        return self._ask(self._library.field_status_get, {})

    def verify(self, id: Optional[str] = None) -> Json:
        """Checks signatures, receipts and hashes: of one record, or of all."""
        return self._ask(self._library.field_verify, _without_none({"id": id}))

    def prompts(self) -> List[Json]:
        """What this user owes or is to know now."""
        return self._ask(self._library.field_prompts, {})

    def matches(self) -> List[Json]:
        """Records that may be about the same number, place or person."""
        return self._ask(self._library.field_matches, {})

    def timeline(self, case: Optional[str] = None, person: Optional[str] = None) -> List[Json]:
        """The chronology of a case or of a person: exactly one of the two."""
        return self._ask(self._library.field_timeline, _without_none({"case": case, "person": person}))

    def export(self, to: str, **what: Any) -> Json:
        """Writes a bundle that proves itself, of a `case` or a `record`; `purpose` and `to_whom` are logged.

        With `unsent=True` alone: what waits to be sent, sealed for the server, for a colleague's device to carry.
        """
        return self._ask(self._library.field_export, _without_none({"to": to, **what}))

    def import_unsent(self, path: str) -> Json:
        """Takes in what a colleague's device wrote with `unsent`: the next sync brings it to the server."""
        return self._ask(self._library.field_import, {"path": path})

    def box_list(self) -> List[Json]:
        """What was said into the sealed box while the key was gone, and the store refused."""
        return self._ask(self._library.field_box_list, {})

    def box_done(self, number: int) -> Json:
        """Takes out of the box what somebody has dealt with."""
        return self._ask(self._library.field_box_done, {"number": number})

    # ---- network

    def sync_start(self) -> None:
        """Stays in sync from now on. Returns at once; no call of the app ever waits for it."""
        check(self._library, self._library.field_sync_start(self.store))

    def sync_stop(self) -> None:
        """Ends that, once the session has ended in order."""
        check(self._library, self._library.field_sync_stop(self.store))

    def sync_once(self, budget_ms: int) -> Json:
        """One sync within a budget, most urgent first; `more` says whether something is left to do.

        No server reached is a `FieldError` of class offline: nothing is lost, everything waits.
        """
        number, answer = fetch(
            self._library, lambda out: self._library.field_sync_once(self.store, budget_ms, out)
        )
        if number not in (status.OK, status.MORE_WORK):
            raise FieldError.of(self._library, number, answer)
        return json.loads(answer)

    def network_changed(self, available: bool, metered: Optional[bool] = None, interface: Optional[str] = None) -> None:
        """The network came, went or changed, as the system tells."""
        state = _without_none({"available": available, "metered": metered, "interface": interface})
        text = json.dumps(state).encode()
        check(self._library, self._library.field_network_changed(self.store, lend(text)))

    # ---- events

    def event(self, timeout_ms: int) -> Optional[Json]:
        """The next event, or `None` when none came in time."""
        number, answer = fetch(
            self._library, lambda out: self._library.field_event_next(self.store, timeout_ms, out)
        )
        if number == status.TIMEOUT:
            return None
        check(self._library, number, answer)
        return json.loads(answer)

    def events(self) -> Iterator[Json]:
        """The events, until the store is closed. A store has one queue: loop over it in one place."""
        while True:
            try:
                event = self.event(WAIT_MS)
            except FieldError as error:
                if error.status == status.CLOSED:
                    return
                raise
            if event is not None:
                yield event

    def listen(self, hear: Callable[[Json], None]) -> threading.Thread:
        """Loops over the events on a thread of its own, which ends when the store is closed."""
        # The thread holds the store's number and not this object: dropping the object still closes it.
        ear = _Ear(self._library, self.store)

        def run() -> None:
            for event in Field.events(ear):  # type: ignore[arg-type]
                hear(event)

        thread = threading.Thread(target=run, name="field-events", daemon=True)
        thread.start()
        return thread

    # ---- shapes

    def _ask(self, function: Callable[..., int], request: Json) -> Any:
        text = json.dumps(request, ensure_ascii=False).encode()
        return self._answer(lambda out: function(self.store, lend(text), out))

    def _answer(self, call: Callable[..., int]) -> Any:
        number, answer = fetch(self._library, call)
        check(self._library, number, answer)
        return json.loads(answer)


class _Ear:
    """What the thread of the events needs of a store."""

    event = Field.event

    def __init__(self, library: ctypes.CDLL, store: int):
        self._library, self.store = library, store


class _Key:
    """A store key lent to one call; our copy is overwritten afterwards."""

    def __init__(self, key: StoreKey):
        self._copy = (ctypes.c_uint8 * len(key)).from_buffer_copy(key)

    def __enter__(self) -> Bytes:
        return Bytes(ctypes.addressof(self._copy), len(self._copy))

    def __exit__(self, *_: Any) -> None:
        ctypes.memset(self._copy, 0, len(self._copy))


def _without_none(request: Json) -> Json:
    return {name: value for name, value in request.items() if value is not None}


def verify_bundle(path: str, pins: Optional[List[str]] = None) -> Json:
    """Checks a bundle; needs no store. `pins` are those that the force publishes."""
    text = json.dumps(_without_none({"path": path, "pins": pins})).encode()
    return _alone(lambda library, out: library.field_verify_bundle(lend(text), out))


def box_new(config: Json, kind: str, body: Json) -> Json:
    """A new record for a store that cannot be opened now: its words go into the store's sealed box."""
    where, what = json.dumps(config).encode(), json.dumps({"kind": kind, "body": body}).encode()
    return _alone(lambda library, out: library.field_box_new(lend(where), lend(what), out))


def _alone(call: Callable[..., int]) -> Json:
    library = the_library()
    number, answer = fetch(library, lambda out: call(library, out))
    check(library, number, answer)
    return json.loads(answer)


def version() -> str:
    """The library's version."""
    return the_library().field_version().decode()


_LOGS: Dict[str, Any] = {"now": LOG()}


def set_log(log: Optional[Callable[[int, str], None]]) -> None:
    """Sends lines about the library's work to `log(level, line)`; `None` ends it.

    Levels: 1 a fault of the library's, 2 something for a person to look at, 3 what happened, 4 what
    was refused. It comes from any thread, several at once. No line holds personal data.
    """

    def say(_: Optional[int], level: int, line: Bytes) -> None:
        try:
            log(level, ctypes.string_at(line.data, line.len).decode())  # type: ignore[misc]
        except BaseException:  # Nothing may be raised into the library.
            return

    callback = LOG(say) if log else LOG()
    check(the_library(), the_library().field_set_log_callback(callback, None))
    # Only now is the one before not being called any more, and may be let go of.
    _LOGS["now"] = callback
