"""An officer with a handset, told by a program: no signal at the school, signal again, an answer.

    python3 story.py FOLDER ENROLMENT-CODE

It prints one JSON object a line for each step, and goes on when it reads a line: "offline" (the
server is gone), "online" (it is back), "answered" (a sergeant has accepted the request).
"""

from __future__ import annotations

import json
import queue
import secrets
import sys
import tempfile
from typing import Any, Callable, Dict

from firsthand import LOCKED, Field, FieldError, verify_bundle

Json = Dict[str, Any]

#: How long an event may take, in seconds; far more than any does.
PATIENCE = 120

ACCOUNT: Json = {
    "urgency": "immediate",
    "speaker": {"as_said": "Maisie"},
    "words_verbatim": [{"seq": 2, "speaker": "Maisie", "text": "I don't want to go back there.", "exact": True}],
    "questions_asked": [{"seq": 1, "text": "Tell me about the weekend.", "asker": "officer", "type": "open"}],
    "observations": [{"text": "Looked at the door several times."}],
    "setting": {"type": "school", "place": "wellbeing office", "chosen_by_child": "yes"},
    "seen_alone": "no",
    "how_recorded": "typed_live",
}

REQUEST: Json = {
    "action_kind": "enquiry",
    "urgency": "standard",
    "requested_by": {"person": "the lead", "org": "Hill Primary"},
    "exact_request": "Could someone look at the lights on the back gate?",
    "about": ["the school"],
    "due": "2099-01-01T12:00:00Z",
}


class Story:
    """The steps, on one open store."""

    def __init__(self, field: Field):
        self.field = field
        self.heard: "queue.Queue[Json]" = queue.Queue()
        field.listen(self.heard.put)

    def tell(self, code: str, key: bytes) -> None:
        who = self.field.enrol(code)
        step("enrolled", user=who["user"], device=who["device"])
        self.field.sync_start()

        waits_for("offline")
        draft = self.field.new("disclosure", ACCOUNT)
        sealed = self.field.seal(draft["id"])
        step("sealed", id=sealed["id"], statement=sealed["statement"], status=sealed["status"])
        step("waiting", unsent=self.field.status()["unsent"])

        waits_for("online")
        # The system would tell of it; the library looks for the server by itself as well, later.
        self.field.network_changed(True)
        receipt = self.hears(lambda e: e["event"] == "receipt" and e.get("statement") == sealed["statement"])
        step("receipt", statement=receipt["statement"])

        asked = self.field.new("action", REQUEST)
        self.hears(lambda e: e["event"] == "receipt" and e.get("statement") == asked["statement"])
        step("asked", id=asked["id"])

        waits_for("answered")
        # What a device wrote itself it is not told of: a change of the request is somebody else's.
        self.hears(lambda e: e["event"] == "record_changed" and self.status_of(asked["id"]) == "accepted")
        step("answer", id=asked["id"], status=self.status_of(asked["id"]))

        self.field.suspend()
        self.field.resume()
        step("woken", status=self.status_of(asked["id"]))
        self.locks_and_looks_back(asked["id"], key)

    def locks_and_looks_back(self, asked: str, key: bytes) -> None:
        """The screen locks in the middle of a talk; afterwards the case is looked at, and taken along."""
        self.field.lifecycle(LOCKED)
        said = self.field.new("disclosure", ACCOUNT)
        expect(said["status"] == "boxed", "a locked device takes words")
        self.field.unlock(key)
        expect(self.status_of(said["id"]) == "draft" and not self.field.box_list(), "they are a draft when it is open")
        case = self.field.show(asked)["case"]
        expect(any(line["record"] == asked for line in self.field.timeline(case=case)), "the request is in its case")
        self.field.prompts()
        self.field.matches()
        with tempfile.TemporaryDirectory() as folder:
            bundle = f"{folder}/case.bundle"
            self.field.export(bundle, case=case, purpose="handed to a colleague")
            expect(verify_bundle(bundle)["ok"], "the bundle proves itself")

    def status_of(self, id: str) -> str:
        return self.field.show(id, purpose="to see what came of it")["status"]

    def hears(self, wanted: Callable[[Json], bool]) -> Json:
        while True:
            event = self.heard.get(timeout=PATIENCE)
            if wanted(event):
                return event


def step(name: str, **what: Any) -> None:
    print(json.dumps({"step": name, **what}), flush=True)


def expect(held: bool, what: str) -> None:
    if not held:
        raise SystemExit(f"not so: {what}")


def waits_for(word: str) -> None:
    line = sys.stdin.readline().strip()
    if line != word:
        raise SystemExit(f"expected the line {word!r}, not {line!r}")


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit("usage: story.py FOLDER ENROLMENT-CODE")
    folder, code = sys.argv[1:]
    try:
        # The key dies with this program and the store with it. An app asks its keystore.
        key = secrets.token_bytes(32)
        with Field(folder, key) as field:
            Story(field).tell(code, key)
    except FieldError as error:
        gaps = "".join(f"\n  {gap['code']} {gap.get('path', '')}" for gap in error.gaps)
        raise SystemExit(f"{error.code} ({error.error_class}): {error.message}{gaps}") from error
    step("closed")


if __name__ == "__main__":
    main()
