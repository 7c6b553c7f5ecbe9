"""Firsthand from Python: a thin package over field.h, with nothing to compile.

    from firsthand import Field

    with Field("store", store_key=key) as field:
        draft = field.new("disclosure", {"speaker": "a pupil"})
        field.seal(draft["id"])
"""

from . import status
from .errors import FieldError
from .field import BACKGROUND, FOREGROUND, LOCKED, Field, box_new, set_log, verify_bundle, version
from .library import WrongLibrary
from .signer import KeyIsLocked, Signer

__all__ = [
    "BACKGROUND",
    "FOREGROUND",
    "LOCKED",
    "Field",
    "FieldError",
    "KeyIsLocked",
    "Signer",
    "WrongLibrary",
    "box_new",
    "set_log",
    "status",
    "verify_bundle",
    "version",
]
