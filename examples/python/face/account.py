"""What stands on the form, as the fields of a disclosure, and back. Nothing here draws.

R3: the child's words, what was seen and what is thought are three things and never one.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, List, Optional

from .plain import parse, stamp

Json = Dict[str, Any]

#: How an answer "not known" is kept: with a reason.
NOT_KNOWN = "not known to the officer at the time"


@dataclass
class Line:
    """One thing that was said: by the child, or asked by the officer."""

    asked: bool = False
    text: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Account:
    """The form."""

    speaker: str = ""
    urgency: str = "urgent"
    lines: List[Line] = field(default_factory=lambda: [Line()])
    seen: str = ""
    opinion: str = ""
    basis: str = ""
    alone: Optional[str] = None
    present: str = ""
    place: str = ""
    chosen: Optional[str] = None
    safe: Optional[str] = None
    medical: Optional[str] = None
    how: Optional[str] = None
    began: Optional[datetime] = None
    ended: Optional[datetime] = None
    ids: Dict[str, str] = field(default_factory=dict)

    def id(self, of: str) -> str:
        """The id of a line that is always the same one."""
        return self.ids.setdefault(of, str(uuid.uuid4()))

    def sets(self, me: str) -> Json:
        """Every field of the draft that the form stands for; what is empty is taken away."""
        live = self.how == "typed_live"
        said, asked = [], []
        for number, line in enumerate((line for line in self.lines if line.text.strip()), start=1):
            if line.asked:
                asked.append({"id": line.id, "seq": number, "text": line.text.strip(), "asker": me})
            else:
                words = {"id": line.id, "seq": number, "text": line.text.strip()}
                if self.speaker.strip():
                    words["speaker"] = self.speaker.strip()
                # From memory nobody can vouch for the very words.
                words["exact"] = self.how != "memory"
                said.append(words)
        opinion = {"id": self.id("opinion"), "text": self.opinion.strip(), "author": me}
        if self.basis.strip():
            opinion["basis"] = self.basis.strip()
        return {
            "speaker": {"as_said": self.speaker.strip()} if self.speaker.strip() else None,
            "urgency": self.urgency,
            "words_verbatim": said or None,
            "questions_asked": asked or None,
            "observations": [{"id": self.id("seen"), "text": self.seen.strip()}] if self.seen.strip() else None,
            "interpretation": [opinion] if self.opinion.strip() else None,
            "who_present": self._present() or None,
            "seen_alone": answer(self.alone),
            "setting": self._setting() or None,
            "immediate_safety/safe_now": answer(self.safe),
            "medical_need": {"yn3": answer(self.medical)} if self.medical else None,
            "how_recorded": self.how,
            # The times are the form's only where the form was there.
            "account_started_at": stamp(self.began) if live and self.began else None,
            "account_ended_at": stamp(self.ended) if live and self.ended else None,
        }

    def _present(self) -> List[Json]:
        people = []
        for number, one in enumerate(one.strip() for one in self.present.split(";") if one.strip()):
            name, _, role = (part.strip() for part in one.partition(","))
            person = {"id": self.id(f"present {number}"), "person": {"as_said": name or one}}
            people.append({**person, "role": role} if role else person)
        return people

    def _setting(self) -> Json:
        setting: Json = {}
        if self.place.strip():
            setting["place"] = {"as_said": self.place.strip()}
        if self.chosen:
            setting["chosen_by_child"] = answer(self.chosen)
        return setting


def answer(choice: Optional[str]) -> Any:
    """Yes, no, or not known with its reason."""
    return {"unknown": NOT_KNOWN} if choice == "unknown" else choice


def choice_of(value: Any) -> Optional[str]:
    """The same, back."""
    return "unknown" if isinstance(value, dict) and "unknown" in value else value


def said(value: Any) -> str:
    """A person or place as it was said."""
    return value.get("as_said", "") if isinstance(value, dict) else (value or "")


def transcript(record: Json) -> List[Line]:
    """Questions and answers in the order in which they were said."""
    lines = [(one.get("seq") or 0, False, one) for one in record.get("words_verbatim") or []]
    lines += [(one.get("seq") or 0, True, one) for one in record.get("questions_asked") or [] if "text" in one]
    # Where both carry the same number the question came first.
    lines.sort(key=lambda line: (line[0], not line[1]))
    return [Line(asked, one.get("text", ""), one["id"]) for _, asked, one in lines]


def of_record(record: Json) -> Account:
    """The form of a draft that was begun earlier."""
    account = Account(
        speaker=said(record.get("speaker")),
        urgency=record.get("urgency", "urgent"),
        lines=transcript(record) or [Line()],
        alone=choice_of(record.get("seen_alone")),
        present="; ".join(_person(one) for one in record.get("who_present") or []),
        place=said((record.get("setting") or {}).get("place")),
        chosen=choice_of((record.get("setting") or {}).get("chosen_by_child")),
        safe=choice_of((record.get("immediate_safety") or {}).get("safe_now")),
        medical=choice_of((record.get("medical_need") or {}).get("yn3")),
        how=record.get("how_recorded"),
        began=parse(record["account_started_at"]) if record.get("account_started_at") else None,
        ended=parse(record["account_ended_at"]) if record.get("account_ended_at") else None,
    )
    for one in record.get("observations") or []:
        account.seen, account.ids["seen"] = one.get("text", ""), one["id"]
    for one in record.get("interpretation") or []:
        account.opinion, account.basis = one.get("text", ""), one.get("basis", "")
        account.ids["opinion"] = one["id"]
    for number, one in enumerate(record.get("who_present") or []):
        account.ids[f"present {number}"] = one["id"]
    return account


def _person(one: Json) -> str:
    name, role = said(one.get("person")), one.get("role")
    return f"{name}, {role}" if role else name
