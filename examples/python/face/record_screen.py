"""One record, to be read: the child's words, what was seen and what is thought, each apart (R3)."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Tuple

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from . import plain
from .account import choice_of, said, transcript
from .dialogs import Note

Json = Dict[str, Any]

_ANSWERS = {"yes": "Yes", "no": "No", "unknown": "Not known", None: "Not answered"}
_HOW = {
    "typed_live": "Typed as it was said",
    "handwritten_then_typed": "From handwritten notes",
    "memory": "From memory",
    "audio": "Audio",
    "body_worn": "Body-worn video",
}


def _table(rows: Iterable[Tuple[Any, Any]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*row)
    return table


class RecordScreen(Screen[None]):
    """Reads one record."""

    BINDINGS = [
        Binding("escape", "app.back", "Back"),
        Binding("a", "add", "Add a note"),
        Binding("down,j", "scroll(1)", "Read on", key_display="↑↓"),
        Binding("up,k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, id_: str):
        super().__init__()
        self.record_id = id_
        self.record: Json = {}

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        with VerticalScroll(id="record"):
            yield Static(id="body")
        yield Footer(show_command_palette=False)

    def show(self, record: Json) -> None:
        self.record = record
        open_ = plain.questions(record.get("gaps") or [])
        verified = record.get("statements") and all(one["verified"] for one in record["statements"])
        head = Text.assemble((f" {record.get('urgency', '').upper()} ", "bold reverse"), (f"  {record.get('title', '')}", "bold"))
        head.append(f"   {plain.state_words(record)}")
        if open_:
            head.append(f"   {len(open_)} questions open", "#ffb000")
        if verified:
            head.append("   signature holds", "#57c785")
        self.query_one("#head", Static).update(head)
        self.query_one("#body", Static).update(Group(*self._parts(record, open_)))

    def _parts(self, record: Json, open_: List[str]) -> Iterator[Any]:
        for notice in record.get("notices") or []:
            yield Text(f"! {notice.partition(': ')[2] or notice}", "bold #ffb000")
        if record["kind"] == "disclosure":
            yield from self._account(record)
        else:
            words = record.get("exact_words") or record.get("exact_request") or record.get("title") or ""
            yield self._title("IN THEIR WORDS")
            yield Text(words)
        for one in record.get("addenda") or []:
            yield self._title(f"ADDED {plain.clock(plain.parse(one['at']))} BY {one['author']}")
            yield Text(one.get("text") or "An answer to an open question.")
            yield Text(f"Why: {one['reason']}", "#9aa0a6")
        if open_:
            yield self._title(f"QUESTIONS STILL OPEN ({len(open_)})", "#ffb000")
            yield _table(("·", question) for question in open_)
        yield self._title("HOW FAR IT GOT")
        yield _table(self._delivery(record))

    @staticmethod
    def _delivery(record: Json) -> Iterator[Tuple[str, str]]:
        for one in record.get("delivery") or []:
            state = "seen" if one["state"] == "acknowledged" else one["state"]
            words = plain.state_words({"status": record["status"], "delivery": [{**one, "state": state}]})
            yield plain.clock(plain.parse(one["at"])), {"recorded": "Written down", "sealed": "Sealed"}.get(state, words)

    def _account(self, record: Json) -> Iterator[Any]:
        yield self._title("WORD FOR WORD")
        yield _table(
            (Text("I ASKED", "#9aa0a6"), Text(line.text, "#9aa0a6")) if line.asked else (Text("THEY SAID", "bold #8ab4f8"), line.text)
            for line in transcript(record)
        )
        yield self._title("WHAT I SAW")
        yield Text("\n".join(one["text"] for one in record.get("observations") or []) or "Nothing written.")
        yield self._title("WHAT I THINK (an opinion)")
        opinions = record.get("interpretation") or []
        for one in opinions:
            yield Text(one["text"])
            yield Text(f"Rests on: {one.get('basis') or 'nothing given'}. Opinion of {one.get('author', 'nobody named')}.", "#9aa0a6")
        if not opinions:
            yield Text("Nothing written.")
        yield self._title("SAFETY, AND WHO WAS THERE")
        setting, safety = record.get("setting") or {}, record.get("immediate_safety") or {}
        people = "; ".join(
            said(one.get("person")) + (f", {one['role']}" if one.get("role") else "") for one in record.get("who_present") or []
        )
        answers = [
            ("Child is safe now", _ANSWERS[choice_of(safety.get("safe_now"))]),
            ("Needs medical help", _ANSWERS[choice_of((record.get("medical_need") or {}).get("yn3"))]),
            ("Seen alone", _ANSWERS[choice_of(record.get("seen_alone"))]),
            ("Who else was there", people or "Not answered"),
            ("Where", said(setting.get("place")) or "Not answered"),
            ("Child chose the place", _ANSWERS[choice_of(setting.get("chosen_by_child"))]),
            ("Written down", _HOW.get(record.get("how_recorded"), "Not answered")),
        ]
        yield _table((Text(label, "#9aa0a6"), value) for label, value in answers)

    @staticmethod
    def _title(words: str, style: str = "#57c785") -> Text:
        return Text(f"\n{words}", f"bold {style}")

    def action_scroll(self, by: int) -> None:
        self.query_one("#record").scroll_relative(y=by * 3, animate=False)

    def action_add(self) -> None:
        app: Any = self.app

        def done(answer: Any) -> None:
            if answer is not None:
                app.add_note(self.record_id, *answer)

        app.push_screen(Note(), done)
