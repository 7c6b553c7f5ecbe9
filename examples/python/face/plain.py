"""What the library says, in plain English, and how old things are. Nothing here draws."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, List, Optional, Tuple

Json = Dict[str, Any]

#: R23: an urgent record that has not been acknowledged for so long is told by radio or phone.
TELL_AFTER_SECONDS = 600

#: The most urgent first.
URGENCY = ["immediate", "urgent", "standard", "info", "media"]
#: What R23 is about.
PRESSING = ("immediate", "urgent")

#: How far a record can get, in order.
STATES = ["draft", "sealed", "left_device", "at_server", "delivered", "seen"]

_STATE_WORDS = {
    "draft": "Draft, not sealed",
    "sealed": "Sealed, on this handset",
    "left_device": "Sent, not confirmed",
    "at_server": "At the server",
    "delivered": "Delivered",
    "seen": "Seen",
    "received": "Received",
}

_REASONS = {
    None: "No server can be reached.",
    "D.offline": "No server can be reached.",
    "D.key_locked": "The key of this handset is locked. Unlock it.",
    "D.signer": "The key of this handset does not work.",
    "D.signer_timeout": "The key of this handset does not answer.",
    "D.revoked": "This handset may no longer be used. Hand it to your administrator.",
    "D.unknown": "The server does not know this handset. Call your administrator.",
    "D.user_inactive": "Your account has been closed. Call your administrator.",
    "D.pin": "This is not our server. Nothing was sent.",
    "W.version": "This app is too old for the server. Update it.",
    "W.shutdown": "The server was stopped.",
    "W.sessions": "The server is busy.",
    "W.rate": "The server is busy.",
    "STORE.full": "This handset is full. Make room.",
}

_QUESTIONS = {
    "words_verbatim": "What did the child say? Or was nothing disclosed, and why were you called?",
    "speaker": "Who is speaking?",
    "subjects": "Whom is this about?",
    "child_view": "What does the child want to happen?",
    "account_started_at": "When did the account begin and end?",
    "account_ended_at": "When did the account begin and end?",
    "communication": "Does the child need help to be understood?",
    "first_evidence_done": "Was first evidence secured? If not, why not?",
    "reassured": "Was the child reassured?",
    "medical_need": "Does the child need medical help?",
    "immediate_safety": "Is the child safe now?",
    "questions_asked": "Which questions were asked?",
    "who_present": "Who else was there?",
    "seen_alone": "Was the child seen alone?",
    "setting": "Where was it, and did the child choose the place?",
    "how_recorded": "How was it recorded?",
    "interpretation": "What does your opinion rest on?",
    "original_note_ref": "Keep the handwritten note: is there a photograph of it?",
    "delay_reason": "Why was it written down so late?",
}


#: What is asked first.
_SAFETY = ("immediate_safety", "medical_need")


def parse(time: str) -> datetime:
    """A time of the library's."""
    return datetime.fromisoformat(time.replace("Z", "+00:00"))


def stamp(time: datetime) -> str:
    """A time for the library."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(time: datetime) -> str:
    """The time of day where the officer is."""
    return time.astimezone().strftime("%H:%M")


def age(seconds: float) -> str:
    """How long ago, in the largest unit that helps."""
    seconds = max(0, int(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 86400:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"
    return f"{seconds // 86400} d {seconds % 86400 // 3600} h"


def reason(code: Optional[str]) -> str:
    """Why there is no connection."""
    return _REASONS.get(code, f"The server refuses ({code}). Call your administrator.")


def state_of(line: Json) -> str:
    """How far a record of a list got: one of `STATES`, or `received` for somebody else's."""
    if line["status"] == "draft":
        return "draft"
    states = {("seen" if one["state"] == "acknowledged" else one["state"]) for one in line["delivery"]}
    known = [state for state in STATES if state in states]
    if not known:
        return "received" if not states else "sealed"
    return known[-1]


def state_words(line: Json) -> str:
    """The same for a person, with whom it reached."""
    state = state_of(line)
    if state in ("delivered", "seen"):
        at = ("seen", "acknowledged") if state == "seen" else ("delivered",)
        whom = sorted({one["to"] for one in line["delivery"] if one["state"] in at})
        return f"{_STATE_WORDS[state]} {'by' if state == 'seen' else 'to'} {', '.join(whom)}"
    return _STATE_WORDS[state]


def steps_done(line: Json) -> int:
    """How many of the steps after the draft are done."""
    state = state_of(line)
    return STATES.index(state) if state in STATES else 0


def unsent(line: Json) -> bool:
    """Whether a record of ours has not been acknowledged by the server."""
    return state_of(line) in ("draft", "sealed", "left_device")


def waits(line: Json) -> bool:
    """Whether something of a sealed record of ours is not at the server: itself, or what was added to it."""
    states = {one["state"] for one in line["delivery"]}
    return line["sealed"] and "recorded" in states and "at_server" not in states


def waiting_seconds(line: Json, now: datetime) -> float:
    """How long it has been waiting to get there."""
    return (now - parse(line["recorded_at"])).total_seconds()


def to_be_told(lines: List[Json], now: datetime) -> List[Json]:
    """R23: sealed, pressing, and not at the server for ten minutes; the longest wait first."""
    due = [
        line
        for line in lines
        if line["sealed"]
        and line["urgency"] in PRESSING
        and unsent(line)
        and waiting_seconds(line, now) >= TELL_AFTER_SECONDS
    ]
    return sorted(due, key=lambda line: line["recorded_at"])


def in_order(lines: List[Json]) -> List[Json]:
    """What waits first, by urgency and age; then the rest, newest first."""
    rank = {name: number for number, name in enumerate(URGENCY)}
    first = [line for line in lines if unsent(line)]
    rest = [line for line in lines if not unsent(line)]
    first.sort(key=lambda line: (rank.get(line["urgency"], len(rank)), line["recorded_at"]))
    return first + sorted(rest, key=lambda line: line["recorded_at"], reverse=True)


def waiting(lines: List[Json], now: datetime) -> Tuple[str, Optional[float]]:
    """What is sealed and waits, by urgency, and how long the oldest of it has; additions count, too."""
    waiting_ = [line for line in lines if waits(line)]
    counts = [(name, sum(line["urgency"] == name for line in waiting_)) for name in URGENCY]
    ages = [waiting_seconds(line, now) for line in waiting_ if unsent(line)]
    return ", ".join(f"{count} {name}" for name, count in counts if count), max(ages, default=None)


def questions(gaps: List[Json]) -> List[str]:
    """Gaps as the questions that are still open, each once; the child's safety first."""
    asked: List[str] = []
    for gap in sorted(gaps, key=lambda gap: gap["path"].split("/")[0] not in _SAFETY):
        top = gap["path"].split("/")[0]
        question = _QUESTIONS.get(top)
        if gap["code"] == "R3.twice":
            question = "The same words stand in two places: whose are they?"
        if question is None:
            question = f"{top.replace('_', ' ').capitalize()}: {gap['message']}"
        if question not in asked:
            asked.append(question)
    return asked
