#!/usr/bin/env python3
"""An independent reader of proto/vectors, written from the documents in proto/ with nothing but
the standard library. It shares no code with the Rust implementation and takes nothing from it.

    python3 tests/python/check_vectors.py [proto/vectors]
"""
import base64, hashlib, json, pathlib, re, sys, uuid

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "proto/vectors")
CHECKED, LEFT_OUT = {}, set()


class Refused(Exception):
    """A refusal by its code."""


def require(holds, code):
    if not holds:
        raise Refused(code)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# ---- documents.md section 2: the one CBOR form --------------------------------------------------

def head(major, n):
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 24:
            return bytes([major << 5 | n])
        if n < 1 << 8 * size:
            return bytes([major << 5 | extra]) + n.to_bytes(size, "big")


def encode(v):
    if v is None:
        return b"\xf6"
    if isinstance(v, bool):
        return b"\xf5" if v else b"\xf4"
    if isinstance(v, int):
        return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    if isinstance(v, list):
        return head(4, len(v)) + b"".join(map(encode, v))
    pairs = sorted((encode(k), encode(x)) for k, x in v.items())
    return head(5, len(v)) + b"".join(k + x for k, x in pairs)


def decode(data):
    value, rest = item(data, 16)
    require(not rest, "W.malformed")
    return value


def item(data, depth):
    require(data, "W.malformed")
    major, low, data = data[0] >> 5, data[0] & 31, data[1:]
    if major == 7:
        require(low in (20, 21, 22), "W.malformed")
        return {20: False, 21: True, 22: None}[low], data
    require(low < 28 and major != 6, "W.malformed")
    size = 0 if low < 24 else 1 << (low - 24)
    require(len(data) >= size, "W.malformed")
    n, data = (low if low < 24 else int.from_bytes(data[:size], "big")), data[size:]
    require(size == 0 or n >= {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[size], "W.malformed")
    if major < 2:
        require(n < 1 << 63, "W.malformed")
        return (n if major == 0 else -1 - n), data
    if major < 4:
        require(len(data) >= n, "W.malformed")
        raw, data = data[:n], data[n:]
        if major == 2:
            return raw, data
        try:
            return raw.decode(), data
        except UnicodeDecodeError:
            raise Refused("W.malformed") from None
    require(depth > 0 and n <= len(data), "W.malformed")
    if major == 4:
        out = []
        for _ in range(n):
            value, data = item(data, depth - 1)
            out.append(value)
        return out, data
    out, last = {}, None
    for _ in range(n):
        before = data
        key, data = item(data, depth - 1)
        raw = before[: len(before) - len(data)]
        require(isinstance(key, str) and (last is None or raw > last), "W.malformed")
        out[key], data = item(data, depth - 1)
        last = raw
    return out, data


def value_of(v):
    """The notation of the vectors: a byte string is written h'..'."""
    if isinstance(v, str) and v.startswith("h'"):
        return bytes.fromhex(v[2:-1])
    if isinstance(v, list):
        return [value_of(x) for x in v]
    return {k: value_of(x) for k, x in v.items()} if isinstance(v, dict) else v


# ---- documents.md section 1: signatures and envelopes -------------------------------------------

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add(a, b):
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


def times(k, point):
    out = None
    while k:
        out, point, k = (add(out, point) if k & 1 else out), add(point, point), k >> 1
    return out


def es256(spki, message, signature):
    """ECDSA on P-256 with SHA-256, r || s, s low. Slow; it only checks vectors."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < N and 0 < s <= N // 2):
        return False
    point = int.from_bytes(spki[-64:-32], "big"), int.from_bytes(spki[-32:], "big")
    z, w = int.from_bytes(sha256(message), "big"), pow(s, -1, N)
    found = add(times(z * w % N, G), times(r * w % N, point))
    return found is not None and found[0] % N == r


def device_id(spki):
    raw = bytearray(sha256(spki)[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80
    return bytes(raw)


def protected(kid, typ):
    return b"\xa3\x01\x26\x04\x50" + kid + b"\x10" + encode("firsthand/" + typ)


def envelope(kid, typ, payload, signature):
    return b"\xd2\x84" + encode(protected(kid, typ)) + b"\xa0" + encode(payload) + encode(signature)


def open_envelope(typ, data, spki, form="S.form", signed="S.signature", key="S.key"):
    """The payload of an envelope; only its one form is taken."""
    try:
        require(data[:2] == b"\xd2\x84", form)
        header, rest = item(data[2:], 0)
        require(rest[:1] == b"\xa0", form)
        payload, rest = item(rest[1:], 0)
        signature, rest = item(rest, 0)
    except Refused:
        raise Refused(form) from None
    kid = header[5:21] if isinstance(header, bytes) else b""
    require(len(kid) == 16 and header == protected(kid, typ), form)
    require(isinstance(payload, bytes) and isinstance(signature, bytes), form)
    require(len(signature) == 64 and envelope(kid, typ, payload, signature) == data, form)
    require(kid == device_id(spki), key)
    require(es256(spki, encode(["Signature1", header, b"", payload]), signature), signed)
    try:
        return decode(payload)
    except Refused:
        raise Refused(form) from None


# ---- messages.cddl --------------------------------------------------------------------------------

def uint(v):
    return type(v) is int and v >= 0


def one(v):
    return uint(v) and v > 0


def raw(size):
    return lambda v: isinstance(v, bytes) and len(v) == size


def some(v):
    return isinstance(v, bytes) and len(v) > 0


def lane(v):
    return uint(v) and v < 2


def code(v):
    return uint(v) and v < 1 << 32


def time(v):
    return isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", v)


def user(v):
    return isinstance(v, str) and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", v)


def role(v):
    require(not isinstance(v, str) or len(v.encode()) <= 64, "W.too_large")
    return isinstance(v, str) and v


def up_to(most, of, least=0):
    def check(v):
        require(not isinstance(v, list) or len(v) <= most, "W.too_large")
        return isinstance(v, list) and len(v) >= least and all(map(of, v))
    return check


def group(*of):
    return lambda v: isinstance(v, list) and len(v) == len(of) and all(f(x) for f, x in zip(of, v))


def packed(v):
    require(not group(uint, uint, some)(v) or len(v[2]) <= 1047552, "W.too_large")
    return group(lane, uint, lambda b: isinstance(b, bytes))(v)


def report(v):
    require(not isinstance(v, bytes) or len(v) <= 512, "W.too_large")
    return some(v)


def chunk(v):
    require(not some(v) or len(v) <= 65536, "W.too_large")
    return some(v)


def part(v):
    require(not isinstance(v, bytes) or len(v) <= 1044528, "W.too_large")
    return isinstance(v, bytes) and len(v) > 48 and (len(v) - 48) % 4096 == 0


def outcome(v):
    body = [{"ok": uint}, {"ok": uint, "need": up_to(256, raw(32), 1)}, {"ok": uint, "code": code, "kept": lambda b: type(b) is bool}]
    return any(isinstance(v, dict) and v.keys() == b.keys() and all(b[k](v[k]) for k in b) for b in body)


ID, HASH, OUTCOMES = raw(16), raw(32), up_to(64, outcome)
VERSIONS = up_to(16, uint, 1)
OPEN = {1, 7, 32}
MESSAGES = {
    1: {"versions": VERSIONS, "incarnation": ID, "epoch?": ID, "cursor": uint, "digest": HASH, "last_receipt?": group(uint, HASH), "ahead?": group(ID, uint)},
    2: {"version": uint, "epoch": ID, "time": time, "user": user, "role": role, "head": uint, "digest?": HASH, "next": group(one, one)},
    3: {"lane": lane, "number": one, "body": packed},
    4: {"lane": lane, "number": one, "head": some, "index": uint, "path": up_to(64, HASH), "outcomes": OUTCOMES, "user": user, "role": role, "inbox_head": uint},
    5: {"from": one, "count": one, "head": one, "digest": HASH, "time": time, "signature": raw(64), "body": packed},
    6: {"cursor": uint},
    7: {"code": code, "frame?": group(lane, uint), "expected?": uint},
    8: {},
    9: {"list": ID, "position": uint},
    10: {"list": ID, "position": uint, "time": time, "signature": raw(64), "body": packed},
    20: {"sealed": part},
    21: {"report": report},
    22: {"sha256": HASH, "code?": code},
    14: {"sha256": HASH, "size": one},
    15: {"offset": uint},
    16: {"offset": uint, "bytes": chunk},
    17: {"sha256": HASH},
    18: {"sha256": HASH, "from": uint},
    19: {"code": code},
    32: {"versions": VERSIONS, "code": ID, "secret": ID, "incarnation": ID},
    33: {"user": user, "role": role, "device": ID, "epoch": ID, "time": time, "directory": up_to(256, some), "server_keys": up_to(8, some, 1)},
}


def message(data):
    require(len(data) <= 1 << 20, "W.too_large")
    parts = decode(data)
    require(group(uint, lambda b: isinstance(b, dict))(parts), "W.malformed")
    number, body = parts
    require(number in MESSAGES, "W.unexpected")
    names = set()
    for name, check in MESSAGES[number].items():
        name, optional = name.rstrip("?"), name.endswith("?")
        names.add(name)
        require(optional or name in body, "W.malformed")
        require(name not in body or check(body[name]), "W.malformed")
    require(number in OPEN or body.keys() <= names, "W.malformed")
    if number == 5:
        require(body["count"] <= 500, "W.too_large")
        require(body["from"] + body["count"] - 1 <= body["head"], "W.malformed")
    return number, body


def unpack(codec, length, data, limit):
    require(length <= limit, "W.too_large")
    if codec == 1:
        try:
            from compression import zstd
        except ImportError:
            LEFT_OUT.add("zstd bodies (this Python's standard library has no zstd)")
            return None
        try:
            inflate = zstd.ZstdDecompressor()
            data = inflate.decompress(data, max_length=length + 1)
            require(inflate.eof, "W.malformed")
        except zstd.ZstdError:
            raise Refused("W.malformed") from None
    require(len(data) == length, "W.malformed")
    return data


# ---- the files ------------------------------------------------------------------------------------

def cbor(case):
    value = decode(bytes.fromhex(case["bytes"]))
    assert value == value_of(case["value"]) and encode(value).hex() == case["bytes"]


def ids(case):
    if "parts" in case:
        namespace = uuid.UUID("6f1c2f0e-5a1b-5d7e-9b0a-3c441f6e8d21")
        found = str(uuid.uuid5(namespace, "\0".join(case["parts"])))
    elif "incarnation" in case:
        found = sha256(b"actor", bytes.fromhex(case["spki"]), bytes.fromhex(case["incarnation"]))[:16].hex()
    else:
        found = str(uuid.UUID(bytes=device_id(bytes.fromhex(case["spki"]))))
    assert found == case["id"], found


def genesis(case):
    data = bytes.fromhex(case["bytes"])
    assert len(data) == case["length"] == {"record": 72, "draft": 80}[case["name"]]
    assert data[:4] == bytes.fromhex("856f4a83") and data[8] == 1
    assert sha256(data[8:]).hex() == case["hash"] and data[4:8].hex() == case["hash"][:8]


def statements(case):
    data = bytes.fromhex(case["bytes"])
    payload = open_envelope("statement", data, DEVICE)
    assert payload == value_of(case["payload"]) and encode(payload).hex() == case["payload_bytes"]
    assert sha256(data).hex() == case["identity"]


def digest(case):
    terms = (sha256(uuid.UUID(d).bytes, bytes.fromhex(c)) for d, c in case["changes"])
    assert sum(int.from_bytes(t, "big") for t in terms) % (1 << 256) == int(case["digest"], 16)


def messages(case):
    data = bytes.fromhex(case["bytes"])
    number, _ = message(data)
    assert number == case["number"]
    assert encode(value_of(case.get("value", case.get("read_only")))) == data


def framing(case):
    stream, found = bytes.fromhex(case["stream"]), []
    while stream:
        require(len(stream) >= 4, "W.malformed")
        length = int.from_bytes(stream[:4], "big")
        require(length <= 1 << 20, "W.too_large")
        require(len(stream) >= 4 + length, "W.malformed")
        message(stream[4 : 4 + length])
        found.append(stream[4 : 4 + length].hex())
        stream = stream[4 + length :]
    assert found == case["messages"]


def bodies(case):
    data = unpack(case["codec"], case["length"], bytes.fromhex(case["packed"]), 4 << 20)
    if data is None:
        return "left out"
    assert data.hex() == case["bytes"]


def enrolment(case):
    try:
        first, secret = case["code"].split(".")
        assert re.fullmatch(r"[A-Za-z0-9_-]+", first)
        body = decode(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
        secret = base64.b32decode(secret.upper() + "======")
        fields = {"v": lambda v: v == 1, "address": lambda v: isinstance(v, str) and v, "pins": up_to(8, HASH, 1), "code": ID}
        assert body.keys() == fields.keys() and all(fields[k](body[k]) for k in fields) and len(secret) == 16
    except (AssertionError, ValueError, Refused):
        raise Refused("D.code_form") from None
    assert (body["address"], [p.hex() for p in body["pins"]]) == (case["address"], case["pins"])
    assert (body["code"].hex(), secret.hex()) == (case["id"], case["secret"])


def frames(case):
    try:
        body = decode(bytes.fromhex(case["body_bytes"]))
        fit = {"previous": HASH, "signature": raw(64), "items": up_to(64, group(ID, up_to(1000, some, 1)), 1)}
        require(isinstance(body, dict) and body.keys() == fit.keys() and all(fit[k](body[k]) for k in fit), "W.malformed")
    except Refused as refused:
        raise Refused("W.frame_content" if str(refused) == "W.malformed" else str(refused)) from None
    hashes = [sha256(document, *(sha256(change) for change in changes)) for document, changes in body["items"]]
    header = {"device": device_id(DEVICE), "incarnation": bytes.fromhex(case["incarnation"]), "lane": case["lane"],
              "number": case["number"], "previous": body["previous"], "items": hashes}
    signed = envelope(header["device"], "frame", encode(header), body["signature"])
    open_envelope("frame", signed, DEVICE, *["W.frame_signature"] * 3)
    assert [h.hex() for h in hashes] == case["item_hashes"] and value_of(case["header"]) == header
    assert signed.hex() == case["signed_header"] and sha256(signed).hex() == case["frame_hash"]
    assert value_of(case["body"]) == body


def pages(case):
    _, body = message(bytes.fromhex(case["bytes"]))
    data = unpack(*body["body"], 1047552)
    if data is None:
        return "left out"
    rows = decode(data)
    require(isinstance(rows, list) and len(rows) == body["count"], "W.malformed")
    hashes = [sha256(encode(row)) for row in rows]
    header = {"user": case["user"], "epoch": bytes.fromhex(case["epoch"]), "from": body["from"],
              "digest": body["digest"], "time": body["time"], "rows": hashes}
    signed = envelope(device_id(SERVER), "page", encode(header), body["signature"])
    open_envelope("page", signed, SERVER, *["W.page_signature"] * 3)
    assert rows == value_of(case["rows"]) and [h.hex() for h in hashes] == case["row_hashes"]
    assert header == value_of(case["header"]) and signed.hex() == case["signed_header"]


def included(root, size, index, node, path):
    """RFC 9162 section 2.1.3.2."""
    if index >= size:
        return False
    last = size - 1
    for sibling in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            node = sha256(b"\1", sibling, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and node == root


def receipts(case):
    _, body = message(bytes.fromhex(case["bytes"]))
    log = open_envelope("receipt", body["head"], SERVER, *["W.receipt"] * 3)
    require(log["epoch"].hex() == case["epoch"], "W.epoch")
    leaf = {"device": device_id(DEVICE), "frame": bytes.fromhex(case["frame_hash"]), "outcomes": body["outcomes"],
            "statements": [[bytes.fromhex(s) for s in item] for item in case["statements"]],
            "user": body["user"], "role": body["role"]}
    node = sha256(b"\0", encode(leaf))
    require(included(log["root"], log["size"], body["index"], node, body["path"]), "W.receipt")
    assert encode(leaf).hex() == case["leaf_bytes"] and node.hex() == case["leaf_hash"]
    assert leaf == value_of(case["leaf"]) and log == value_of(case["head"])


KEYS = json.loads((FOLDER / "keys.json").read_text())
DEVICE, SERVER = (bytes.fromhex(KEYS[name]["spki"]) for name in ("device", "server"))
for name in ("device", "server"):
    assert sha256(bytes.fromhex(KEYS[name]["spki"])).hex() == KEYS[name]["pin"]
FILES = {"cbor": cbor, "ids": ids, "genesis": genesis, "statements": statements, "digest": digest, "messages": messages,
         "framing": framing, "packed": bodies, "enrolment": enrolment, "frames": frames, "pages": pages, "receipts": receipts}

for name, check in FILES.items():
    for case in json.loads((FOLDER / f"{name}.json").read_text())["cases"]:
        try:
            left_out = check(case)
            refused = None
        except Refused as error:
            left_out, refused = None, str(error)
        if not left_out and refused != case.get("refused"):
            sys.exit(f"{name}: {case['name']}: expected {case.get('refused', 'to be taken')}, found {refused or 'taken'}")
        CHECKED[name] = CHECKED.get(name, 0) + (not left_out)

missing = {path.stem for path in FOLDER.glob("*.json")} - FILES.keys() - {"keys"}
if missing:
    sys.exit(f"nobody reads {', '.join(sorted(missing))}")
print(f"{sum(CHECKED.values())} vectors hold: " + ", ".join(f"{name} {n}" for name, n in CHECKED.items()))
for what in sorted(LEFT_OUT):
    print(f"left out: {what}")
