"""What the chapters of the abuse share: raw calls, rows of a table, a store to abuse.

A row is one line of JSON: `{"chapter","what","status","name","ok"}`.
"""

from __future__ import annotations

import ctypes
import json
import secrets
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Optional, Tuple, Union

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "python"))

from firsthand import Field, FieldError, status  # noqa: E402
from firsthand.library import FUNCTIONS, Buffer, Bytes, fetch, lend, the_library  # noqa: E402

LIBRARY = the_library()
Json = Dict[str, Any]

#: A number that no store ever had.
MADE_UP = [1, 7 << 32, 0xFFFFFFFF, 0xFFFFFFFF_FFFFFFFF, (1 << 32) | 1023]

#: Functions that take a store first.
ON_STORE = [name for name, (_, takes) in FUNCTIONS.items() if takes[:1] == [ctypes.c_uint64]]
#: Those of them with a request and an answer.
RECORD = [name for name in ON_STORE if FUNCTIONS[name][1][1:2] == [Bytes] and "rekey" not in name and len(FUNCTIONS[name][1]) == 3]
#: A right request of each, on some store.
SOME_ID = "0199a000-0000-7000-8000-000000000001"
REQUESTS: Dict[str, Json] = {
    "field_enrol": {"code": "x.y"},
    "field_record_new": {"kind": "disclosure", "body": {}},
    "field_record_edit": {"id": SOME_ID, "set": {}},
    "field_draft_keep": {"id": SOME_ID, "set": {}},
    "field_record_seal": {"id": SOME_ID},
    "field_record_addendum": {"id": SOME_ID, "text": "x", "reason": "x"},
    "field_record_do": {"id": SOME_ID, "verb": "accept"},
    "field_record_show": {"id": SOME_ID},
    "field_record_list": {},
    "field_search": {"text": "x"},
    "field_attachment_add": {"id": SOME_ID, "base64": "eA=="},
    "field_prompts": {},
    "field_matches": {},
    "field_box_list": {},
    "field_box_done": {"number": 7},
    "field_timeline": {"case": SOME_ID},
    "field_export": {"record": SOME_ID, "to": "/nowhere/at/all"},
    "field_import": {"path": "/nowhere/at/all"},
    "field_attachment_fetch": {"id": SOME_ID, "sha256": "00" * 32, "to": "/nowhere/at/all"},
    "field_status_get": {},
    "field_verify": {},
    "field_network_changed": {"available": True},
}


class Rows:
    """The table, printed as it grows."""

    def __init__(self) -> None:
        self.chapter = ""
        self.failed = 0

    def begin(self, chapter: str) -> None:
        self.chapter = chapter

    def status(self, what: str, number: int, expected: Union[int, Iterable[int]], answer: bytes = b"") -> bool:
        """A call came to a status; what it left in its buffer says the same."""
        wanted = {expected} if isinstance(expected, int) else set(expected)
        told = json.loads(answer) if answer else None
        told_number = told["error"]["number"] if isinstance(told, dict) and "error" in told else None
        # D.offline has a number as a code, and FIELD_NO_NETWORK as a status.
        agrees = told_number in (None, number) or number == status.NO_NETWORK
        agrees = agrees or LIBRARY.field_status_name(number).startswith(b"FIELD_")
        return self.fact(what, number in wanted and agrees, number)

    def fact(self, what: str, ok: bool, number: Optional[int] = None) -> bool:
        name = None if number is None else (LIBRARY.field_status_name(number) or b"unknown").decode()
        row = {"chapter": self.chapter, "what": what, "status": number, "name": name, "ok": bool(ok)}
        print(json.dumps(row), flush=True)
        self.failed += not ok
        return bool(ok)


ROWS = Rows()


def raw(name: str, store: int, request: Union[bytes, Bytes, None] = None) -> Tuple[int, bytes]:
    """Calls a function on a store, with the arguments of its kind."""
    function, (_, takes) = getattr(LIBRARY, name), FUNCTIONS[name]
    if request is None:
        request = b"k" * 32 if name in ("field_rekey", "field_unlock") else json.dumps(REQUESTS.get(name, {})).encode()
    lent = request if isinstance(request, Bytes) else lend(request)
    middle = {Bytes: lent, ctypes.c_uint32: 0, ctypes.c_int32: 0}
    given = [middle[take] for take in takes[1:] if take in middle]
    if takes[-1] == ctypes.POINTER(Buffer):
        return fetch(LIBRARY, lambda out: function(store, *given, out))
    return function(store, *given), b""


def raises(call: Callable[[], Any]) -> int:
    """The status with which a call of the package is refused; 0 when it is not."""
    try:
        call()
    except FieldError as error:
        return error.status
    return status.OK


def fresh_key() -> bytes:
    return secrets.token_bytes(32)


def action(text: str) -> Json:
    return {
        "action_kind": "enquiry",
        "requested_by": {"person": "the lead", "org": "Hill Primary"},
        "exact_request": text,
        "about": ["the school"],
        "due": "2099-01-01T12:00:00Z",
    }


def whole(field: Field, what: str) -> None:
    """Every signature, receipt and hash of this store holds."""
    verified = field.verify()
    ROWS.fact(f"{what}: the store verifies whole", verified["ok"] and not verified["faults"])
