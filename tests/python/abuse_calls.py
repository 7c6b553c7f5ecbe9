"""Wrong pointers, wrong handles, wrong bytes."""

from __future__ import annotations

import ctypes
import json

from abuse_bench import LIBRARY, MADE_UP, ON_STORE, RECORD, REQUESTS, ROWS, SOME_ID, action, fresh_key, raw
from firsthand import Field, status
from firsthand.library import FUNCTIONS, LOG, Buffer, Bytes, Signer, fetch, lend

#: Codes by their permanent numbers.
I_JSON, I_FIELD, I_VALUE, I_NOT_FOUND, I_TOO_LARGE = 1500, 1501, 1502, 1505, 1506
STORE_LOCKED = 1006

#: A length without bytes.
NOWHERE = Bytes(None, 5)
MIB = 1024 * 1024


def nulls(field: Field) -> None:
    """NULL where it is not allowed, for every function."""
    ROWS.begin("null")
    store = field.store
    for name in ON_STORE:
        takes = FUNCTIONS[name][1]
        middle = {Bytes: lend(b"{}"), ctypes.c_uint32: 0, ctypes.c_int32: 0}
        given = [middle[take] for take in takes[1:] if take in middle]
        if takes[-1] == ctypes.POINTER(Buffer):
            ROWS.status(f"{name}: no place for the answer", getattr(LIBRARY, name)(store, *given, None), status.NULL)
        if Bytes in takes:
            ROWS.status(f"{name}: a length without bytes", *_expect(raw(name, store, NOWHERE), status.NULL))
    for name in ("field_rekey", "field_unlock"):
        ROWS.status(f"{name}: no key at all", *_expect(raw(name, store, Bytes(None, 0)), status.NULL))
    LIBRARY.field_buffer_free(None)
    twice = Buffer()
    LIBRARY.field_status_get(store, lend(b"{}"), ctypes.byref(twice))
    LIBRARY.field_buffer_free(ctypes.byref(twice))
    LIBRARY.field_buffer_free(ctypes.byref(twice))
    ROWS.fact("field_buffer_free: NULL, and twice", not twice.data)
    ROWS.status("field_set_log_callback: NULL", LIBRARY.field_set_log_callback(LOG(), None), status.OK)
    unknown = [LIBRARY.field_status_name(number) or LIBRARY.field_status_class(number) for number in (-1, 999, 2**31 - 1)]
    ROWS.fact("field_status_name, field_status_class: numbers nobody knows are NULL", not any(unknown))


def opening(folder: str) -> None:
    """field_open with everything wrong in turn."""
    ROWS.begin("open")
    config, key = json.dumps({"path": f"{folder}/never"}).encode(), fresh_key()

    def opens(config=lend(config), key=lend(key), signer=None, out=True):
        store = ctypes.c_uint64(99)
        place = ctypes.byref(store) if out else None
        answer = fetch(LIBRARY, lambda error: LIBRARY.field_open(config, key, signer, place, error))
        ROWS.fact("no handle is left behind", not out or store.value == 0)
        return answer

    number = LIBRARY.field_open(NOWHERE, lend(key), None, ctypes.byref(ctypes.c_uint64()), None)
    ROWS.status("no place for the error", number, status.NULL)
    ROWS.status("no place for the handle", *_expect(opens(out=False), status.NULL))
    ROWS.status("no config", *_expect(opens(config=NOWHERE), status.NULL))
    ROWS.status("no key", *_expect(opens(key=Bytes(None, 0)), status.NULL))
    for length in (0, 31, 33):
        short = b"k" * length
        ROWS.status(f"a key of {length} bytes", *_expect(opens(key=lend(short)), I_VALUE))
    for what, text, expected in (
        ("not UTF-8", b'{"path":"\xff"}', status.UTF8),
        ("no JSON", b"path", I_JSON),
        ("no path", b"{}", I_VALUE),
        ("an empty path", b'{"path":""}', I_VALUE),
        ("an unknown field", b'{"path":"x","colour":1}', I_FIELD),
        ("a path with a NUL in it", b'{"path":"a\\u0000b"}', 1005),
    ):
        ROWS.status(f"config: {what}", *_expect(opens(config=lend(text)), expected))
    for what, signer, expected in _wrong_signers():
        ROWS.status(f"signer: {what}", *_expect(opens(signer=ctypes.byref(signer)), expected))


def _wrong_signers():
    from firsthand.signer import struct_of

    def one(**wrong):
        signer = struct_of(2**40, b"k" * 91)
        for name, value in wrong.items():
            setattr(signer, name, value)
        return signer

    yield "a struct of no size", one(struct_size=0), I_VALUE
    yield "no function", one(sign=type(Signer().sign)()), status.NULL
    yield "a public key without bytes", one(public_key=Bytes(None, 91)), status.NULL
    yield "a public key that is none", one(), status.SIGNER_BAD
    yield "an empty public key", one(public_key=Bytes(None, 0)), status.SIGNER_BAD


def handles(closed: int) -> None:
    """Handle 0, made-up handles, the handle of a store that was closed."""
    ROWS.begin("handle")
    for name in ON_STORE:
        ROWS.status(f"{name}: 0", *_expect(raw(name, 0), status.HANDLE))
        numbers = [raw(name, made_up) for made_up in MADE_UP]
        wrong = [one for one in numbers if one[0] != status.HANDLE]
        ROWS.status(f"{name}: made up", *_expect(wrong[0] if wrong else numbers[0], status.HANDLE))
        ROWS.status(f"{name}: closed", *_expect(raw(name, closed), status.CLOSED))


def requests(field: Field) -> None:
    """Bytes that are no request, or another one."""
    store, nested = field.store, b"[" * 10_000 + b"]" * 10_000
    for name in [*RECORD, "field_network_changed"]:
        ROWS.begin("request")
        right = REQUESTS[name]
        for what, text, expected in (
            ("not UTF-8", b'{"text":"\xff\xfe"}', status.UTF8),
            ("half a surrogate", b'{"text":"\xed\xa0\x80"}', status.UTF8),
            ("empty", b"", I_JSON),
            ("no object", b"[1]", I_JSON),
            ("two of them", b"{}{}", I_JSON),
            ("1 MiB and a byte", b'{"x":"' + b"a" * (MIB - 7) + b'"}', I_TOO_LARGE),
            ("10,000 levels", b'{"x":' + nested + b"}", I_JSON),
            ("an unknown field", json.dumps({**right, "colour": 1}).encode(), I_FIELD),
        ):
            ROWS.status(f"{name}: {what}", *_expect(raw(name, store, text), expected))
        for field_name in right:
            # What need not be there may be null.
            wrong_ones = (7, [], "x") if field_name in ("available", "body", "set") else (7, [], {})
            if field_name == "number":
                wrong_ones = (-7, 0.5, [], "x")
            for value in wrong_ones:
                wrong = json.dumps({**right, field_name: value}).encode()
                ROWS.status(f"{name}: {field_name} is {value!r}", *_expect(raw(name, store, wrong), I_VALUE))
    _without_a_store(nested)
    biggest = b'{"text":"' + b"a" * (MIB - 11) + b'"}'
    ROWS.status("field_search: 1 MiB exactly", *_expect(raw("field_search", store, biggest), status.OK))


def _without_a_store(nested: bytes) -> None:
    """The same to the two functions that take requests and no store."""
    config, new = b'{"path":"/nowhere/at/all"}', b'{"kind":"disclosure","body":{}}'
    calls = {
        "field_verify_bundle": lambda text, out: LIBRARY.field_verify_bundle(text, out),
        "field_box_new: config": lambda text, out: LIBRARY.field_box_new(text, lend(new), out),
        "field_box_new: request": lambda text, out: LIBRARY.field_box_new(lend(config), text, out),
    }
    for name, call in calls.items():
        for what, text, expected in (
            ("a length without bytes", NOWHERE, status.NULL),
            ("not UTF-8", lend(b'{"text":"\xff\xfe"}'), status.UTF8),
            ("empty", lend(b""), I_JSON),
            ("no object", lend(b"[1]"), I_JSON),
            ("1 MiB and a byte", lend(b'{"x":"' + b"a" * (MIB - 7) + b'"}'), I_TOO_LARGE),
            ("10,000 levels", lend(b'{"x":' + nested + b"}"), I_JSON),
            ("an unknown field", lend(b'{"colour":1}'), I_FIELD),
        ):
            ROWS.status(f"{name}: {what}", *_expect(fetch(LIBRARY, lambda out: call(text, out)), expected))
        ROWS.status(f"{name}: no place for the answer", call(lend(config), None), status.NULL)
    answer = fetch(LIBRARY, lambda out: LIBRARY.field_box_new(lend(config), lend(new), out))
    ROWS.status("field_box_new: a folder without a store", *_expect(answer, STORE_LOCKED))


def values(field: Field) -> None:
    """Right requests with values that do not belong."""
    ROWS.begin("value")
    store = field.store

    def asks(name, request):
        return raw(name, store, json.dumps(request).encode())

    for name in ("field_record_show", "field_record_seal", "field_record_do", "field_record_addendum"):
        number, answer = raw(name, store)
        ROWS.status(f"{name}: a record nobody has", number, (I_NOT_FOUND, 1507), answer)
    ROWS.status("lifecycle: no such state", LIBRARY.field_lifecycle(store, 77), I_VALUE)
    ROWS.status("lifecycle: a state below all", LIBRARY.field_lifecycle(store, -(2**31)), I_VALUE)
    number, answer = asks("field_record_new", {"kind": "wizard", "body": {}})
    ROWS.status("new: an unknown kind", number, 1503, answer)
    number, answer = asks("field_record_new", {"kind": "disclosure", "body": {"truth_view": "x"}})
    ROWS.status("new: an unknown field of a body", number, I_FIELD, answer)
    secret = "zebra-crossing"
    number, answer = asks("field_record_new", {"kind": "disclosure", "body": {"seen_alone": {secret: secret}}})
    ROWS.status("new: a value of another shape", number, I_VALUE, answer)
    ROWS.fact("new: the refusal repeats no word of it", secret.encode() not in answer)
    number, answer = asks("field_enrol", {"code": "not a code"})
    ROWS.status("enrol: no code, on a device that is enrolled", number, (1103, 1104), answer)
    number, answer = asks("field_record_edit", {"id": field.new("action", action("x"))["id"], "set": {"../..": 1}})
    ROWS.status("edit: a path that leads nowhere", number, (I_FIELD, 1511), answer)
    number, answer = asks("field_record_seal", {"id": SOME_ID, **{f"x{n}": n for n in range(1000)}})
    ROWS.status("seal: a thousand unknown fields", number, I_FIELD, answer)


def _expect(got, expected):
    number, answer = got
    return number, expected, answer
