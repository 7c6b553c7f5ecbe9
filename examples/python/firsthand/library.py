"""The library itself: where it is, what its functions take, and the two rules of memory.

What goes in is lent for the call; what comes out is the library's until it is given back, which also
wipes it. Nothing outside this module touches a pointer, but for the signer's (signer.py).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int32, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Callable, Iterator, Optional, Tuple

#: The major version of the interface that this package was written for.
ABI_MAJOR = 1


class Bytes(ctypes.Structure):
    """`field_bytes`: ours, read during the call alone."""

    _fields_ = [("data", c_void_p), ("len", c_size_t)]


class Buffer(ctypes.Structure):
    """`field_buffer`: the library's, to be given back."""

    _fields_ = [("data", c_void_p), ("len", c_size_t)]


SIGN = CFUNCTYPE(c_int32, c_void_p, Bytes, POINTER(c_uint8), POINTER(c_size_t))
RELEASE = CFUNCTYPE(None, c_void_p)
LOG = CFUNCTYPE(None, c_void_p, c_int32, Bytes)


class Signer(ctypes.Structure):
    """`field_signer`."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("context", c_void_p),
        ("public_key", Bytes),
        ("sign", SIGN),
        ("release", RELEASE),
    ]


_STATUS = c_int32
_STORE = c_uint64
_OUT = POINTER(Buffer)
_RECORD = (_STATUS, [_STORE, Bytes, _OUT])
_STORE_ALONE = (_STATUS, [_STORE])

#: Every function of field.h: what it answers, what it takes.
FUNCTIONS = {
    "field_abi_version": (c_uint32, []),
    "field_version": (c_char_p, []),
    "field_buffer_free": (None, [_OUT]),
    "field_event_next": (_STATUS, [_STORE, c_uint32, _OUT]),
    "field_set_log_callback": (_STATUS, [LOG, c_void_p]),
    "field_enrol": _RECORD,
    "field_record_new": _RECORD,
    "field_record_edit": _RECORD,
    "field_draft_keep": _RECORD,
    "field_record_seal": _RECORD,
    "field_record_addendum": _RECORD,
    "field_record_do": _RECORD,
    "field_record_show": _RECORD,
    "field_record_list": _RECORD,
    "field_search": _RECORD,
    "field_attachment_add": _RECORD,
    "field_attachment_fetch": _RECORD,
    "field_status_get": _RECORD,
    "field_verify": _RECORD,
    "field_timeline": _RECORD,
    "field_export": _RECORD,
    "field_import": _RECORD,
    "field_prompts": _RECORD,
    "field_matches": _RECORD,
    "field_box_list": _RECORD,
    "field_box_done": _RECORD,
    "field_verify_bundle": (_STATUS, [Bytes, _OUT]),
    "field_box_new": (_STATUS, [Bytes, Bytes, _OUT]),
    "field_status_name": (c_char_p, [_STATUS]),
    "field_status_class": (c_char_p, [_STATUS]),
    "field_open": (_STATUS, [Bytes, Bytes, POINTER(Signer), POINTER(_STORE), _OUT]),
    "field_close": _STORE_ALONE,
    "field_suspend": _STORE_ALONE,
    "field_resume": _STORE_ALONE,
    "field_lifecycle": (_STATUS, [_STORE, c_int32]),
    "field_unlock": (_STATUS, [_STORE, Bytes]),
    "field_rekey": _RECORD,
    "field_sync_start": _STORE_ALONE,
    "field_sync_stop": _STORE_ALONE,
    "field_sync_once": (_STATUS, [_STORE, c_uint32, _OUT]),
    "field_network_changed": (_STATUS, [_STORE, Bytes]),
}


class WrongLibrary(Exception):
    """There is no library, or it speaks another major version of the interface."""


def file_name() -> str:
    """What the library's file is called on this system."""
    return {"win32": "field.dll", "darwin": "libfield.dylib"}.get(sys.platform, "libfield.so")


def places() -> Iterator[str]:
    """Where the library is looked for, in this order.

    `FIELD_LIBRARY` names the file or its folder; then what was built in this repository; then
    what is installed.
    """
    named = os.environ.get("FIELD_LIBRARY")
    if named:
        yield str(Path(named) / file_name()) if os.path.isdir(named) else named
        return
    target = Path(__file__).resolve().parents[3] / "target"
    for profile in ("release", "debug"):
        built = target / profile / file_name()
        if built.is_file():
            yield str(built)
    installed = ctypes.util.find_library("field")
    if installed:
        yield installed


def load(path: Optional[str] = None) -> ctypes.CDLL:
    """Loads the library and checks that it is of the version this package was written for."""
    place = path or next(places(), None)
    if place is None:
        raise WrongLibrary("libfield was not found: build it with `cargo build -p ffi`, or set FIELD_LIBRARY")
    try:
        # A CDLL lets go of the interpreter's lock during a call: other threads of the app run on.
        library = ctypes.CDLL(place)
        for name, (answer, takes) in FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = answer, takes
    except (OSError, AttributeError) as fault:
        raise WrongLibrary(f"{place} is not a libfield that this package knows: {fault}") from fault
    version = library.field_abi_version()
    if version >> 16 != ABI_MAJOR:
        raise WrongLibrary(f"{place} has version {version >> 16} of the interface, this package needs {ABI_MAJOR}")
    return library


_LIBRARY: Optional[ctypes.CDLL] = None


def the_library() -> ctypes.CDLL:
    """The one library of this process, loaded when it is first needed."""
    global _LIBRARY
    if _LIBRARY is None:
        _LIBRARY = load()
    return _LIBRARY


def lend(data: bytes) -> Bytes:
    """These bytes for one call. Keep `data` until the call has returned: a `Bytes` does not."""
    return Bytes(ctypes.cast(ctypes.c_char_p(data), c_void_p), len(data))


def fetch(library: ctypes.CDLL, call: Callable[["ctypes._CArgObject"], int]) -> Tuple[int, bytes]:
    """Calls with an output buffer, copies what was left in it, and gives it back, whatever happened."""
    buffer = Buffer()
    out = ctypes.byref(buffer)
    try:
        status = call(out)
        return status, ctypes.string_at(buffer.data, buffer.len) if buffer.data else b""
    finally:
        library.field_buffer_free(out)
