"""ECDSA with P-256 over SHA-256 in plain Python: for tests, which sign a few dozen times.

Not for products: nothing here hides from a clock or a power meter how it computes.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Optional, Tuple

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
#: What stands before the point in a SubjectPublicKeyInfo of this curve.
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")

Point = Optional[Tuple[int, int]]


def _add(a: Point, b: Point) -> Point:
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _times(k: int, point: Point) -> Point:
    sum_: Point = None
    while k:
        if k & 1:
            sum_ = _add(sum_, point)
        point, k = _add(point, point), k >> 1
    return sum_


def _nonce(secret: int, digest: bytes) -> int:
    """Deterministic, as RFC 6979 has it, for a digest of the curve's own length."""
    seed = secret.to_bytes(32, "big") + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    key, value = b"\0" * 32, b"\1" * 32

    def mac(data: bytes) -> bytes:
        return hmac.new(key, data, hashlib.sha256).digest()

    for mark in (b"\0", b"\1"):
        key = mac(value + mark + seed)
        value = mac(value)
    while True:
        value = mac(value)
        k = int.from_bytes(value, "big")
        if 0 < k < N:
            return k
        key = mac(value + b"\0")
        value = mac(value)


def _integer(value: int) -> bytes:
    digits = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(digits)]) + digits


class Key:
    """One key pair."""

    def __init__(self, secret: int):
        self._secret = secret
        point = _times(secret, G)
        assert point is not None
        self.public_key = SPKI_HEAD + b"\4" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")

    def sign(self, message: bytes) -> bytes:
        """The signature as DER."""
        digest = hashlib.sha256(message).digest()
        k = _nonce(self._secret, digest)
        point = _times(k, G)
        assert point is not None
        r = point[0] % N
        s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * self._secret) % N
        body = _integer(r) + _integer(s)
        return b"\x30" + bytes([len(body)]) + body


def check() -> None:
    """The example of RFC 6979 A.2.5 (P-256, SHA-256, "sample")."""
    key = Key(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721)
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    body = _integer(r) + _integer(s)
    assert key.sign(b"sample") == b"\x30" + bytes([len(body)]) + body


check()
