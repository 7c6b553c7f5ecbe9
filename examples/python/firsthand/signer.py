"""A device key that lives in the app's hands: a smart card, a TPM, a system's keystore."""

from __future__ import annotations

import ctypes
import itertools
import threading
from typing import Any, Dict, Optional, Protocol

from . import status
from .library import RELEASE, SIGN, Bytes, Signer as SignerStruct, lend


class Signer(Protocol):
    """Signs with the device key.

    `sign` is called on threads of the library, one call at a time, and is given up after 10 s: so it
    asks the person nothing and does not call the library. A locked key raises `KeyIsLocked`: a sync
    pauses and nothing fails. Any other exception is a failure of the signer.
    """

    #: P-256 SubjectPublicKeyInfo with an uncompressed point, DER: 91 bytes.
    public_key: bytes

    def sign(self, message: bytes) -> bytes:
        """ECDSA over the SHA-256 of the message, as DER."""
        ...


class KeyIsLocked(Exception):
    """The key is there and cannot be used now."""


class SignerDesk:
    """Hands out signers by number, and keeps each until the library has released it.

    The library keeps the number as its `context`, so a call that comes late finds nothing instead of
    freed memory. The two callbacks live as long as this module: the garbage collector cannot take
    what the library may still call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._signers: Dict[int, Any] = {}
        self._tickets = itertools.count(1)

    def admit(self, signer: Signer) -> int:
        """Keeps a signer; answers its number."""
        with self._lock:
            ticket = next(self._tickets)
            self._signers[ticket] = signer
            return ticket

    def find(self, ticket: Optional[int]) -> Optional[Signer]:
        """The signer of this number, while it is kept."""
        with self._lock:
            return self._signers.get(ticket or 0)

    def dismiss(self, ticket: Optional[int]) -> None:
        """Lets go of it."""
        with self._lock:
            self._signers.pop(ticket or 0, None)


DESK = SignerDesk()


@SIGN
def _sign(context: Optional[int], message: Bytes, signature: Any, length: Any) -> int:
    signer = DESK.find(context)
    if signer is None:
        return status.SIGNER_BAD
    try:
        der = bytes(signer.sign(ctypes.string_at(message.data, message.len)))
        if len(der) > length[0]:
            return status.SIGNER_BAD
        ctypes.memmove(signature, der, len(der))
        length[0] = len(der)
        return status.OK
    except KeyIsLocked:
        return status.KEY_LOCKED
    except BaseException:  # Nothing may be raised into the library; what it was is the signer's to log.
        return status.SIGNER_BAD


@RELEASE
def _release(context: Optional[int]) -> None:
    DESK.dismiss(context)


def struct_of(ticket: int, public_key: bytes) -> SignerStruct:
    """The struct that `field_open` takes; keep `public_key` until that call has returned."""
    return SignerStruct(ctypes.sizeof(SignerStruct), ticket, lend(public_key), _sign, _release)
