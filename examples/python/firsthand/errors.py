"""A refusal, as the library words it."""

from __future__ import annotations

import ctypes
import json
from typing import Any, Dict, List, Optional

from . import status


class FieldError(Exception):
    """Show `message`, decide by `error_class`, report `code`.

    `error_class` is one of refused, not_found, denied, offline, busy, damaged, internal, update,
    locked, limit and usage; a newer library may know more. `gaps` says what is still missing, each
    with `code`, `path` and `message`. None of it holds a word of a record.
    """

    def __init__(self, number: int, code: str, error_class: str, message: str, gaps: List[Dict[str, Any]]):
        super().__init__(f"{code}: {message}")
        self.status = number
        self.code = code
        self.error_class = error_class
        self.message = message
        self.gaps = gaps

    @classmethod
    def of(cls, library: ctypes.CDLL, number: int, answer: bytes = b"") -> "FieldError":
        """From a status and what the call left in its output buffer."""
        told = _told(answer)
        name = _text(library.field_status_name(number)) or f"status {number}"
        known = _text(library.field_status_class(number)) or ""
        return cls(
            number,
            told.get("code") or name,
            told.get("class") or known,
            told.get("message") or name,
            told.get("gaps") or [],
        )


def check(library: ctypes.CDLL, number: int, answer: bytes = b"") -> None:
    """Raises unless the status is 0."""
    if number != status.OK:
        raise FieldError.of(library, number, answer)


def _text(static: Optional[bytes]) -> Optional[str]:
    return None if static is None else static.decode()


def _told(answer: bytes) -> Dict[str, Any]:
    try:
        told = json.loads(answer).get("error")
    except (ValueError, AttributeError):
        return {}
    return told if isinstance(told, dict) else {}
