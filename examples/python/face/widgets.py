"""The few things the screens are made of."""

from __future__ import annotations

from typing import List, Optional, Tuple

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from .account import Line

Option = Tuple[str, str, str]

YES_NO: List[Option] = [("y", "Yes", "yes"), ("n", "No", "no"), ("k", "Not known", "unknown")]
URGENCIES: List[Option] = [
    ("i", "IMMEDIATE", "immediate"),
    ("u", "URGENT", "urgent"),
    ("s", "Standard", "standard"),
]
HOW: List[Option] = [
    ("l", "Live", "typed_live"),
    ("n", "From notes", "handwritten_then_typed"),
    ("m", "From memory", "memory"),
]


class Choice(Widget, can_focus=True):
    """One of a few answers, by its letter or the arrows; none is an answer, too."""

    value: reactive[Optional[str]] = reactive(None)

    class Changed(Message):
        """Another answer was chosen."""

        def __init__(self, choice: "Choice"):
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(self, label: str, options: List[Option], value: Optional[str] = None, id: Optional[str] = None):
        super().__init__(id=id)
        self.label, self.options = label, options
        self.set_reactive(Choice.value, value)

    def render(self) -> Text:
        text = Text(f"{self.label:<23}", style="bold" if self.has_focus else "")
        for key, label, value in self.options:
            chosen = value == self.value
            text.append("● " if chosen else "○ ", style="bold" if chosen else "dim")
            at = label.lower().find(key)
            style = "bold reverse" if chosen else ""
            text.append(f" {label[:at]}" if chosen else label[:at], style=style)
            text.append(label[at], style=f"{style} underline" if self.has_focus else style)
            text.append(f"{label[at + 1:]} " if chosen else label[at + 1 :], style=style)
            text.append("   ")
        return text

    def on_key(self, event: events.Key) -> None:
        values = [value for _, _, value in self.options]
        for key, _, value in self.options:
            if event.character and event.character.lower() == key:
                self.choose(value)
                event.stop()
        if event.key in ("left", "right"):
            step = 1 if event.key == "right" else -1
            at = values.index(self.value) if self.value in values else (-1 if step == 1 else 0)
            self.choose(values[(at + step) % len(values)])
            event.stop()
        elif event.key in ("backspace", "delete"):
            self.choose(None)
            event.stop()

    def choose(self, value: Optional[str]) -> None:
        if value != self.value:
            self.value = value
            self.post_message(self.Changed(self))


class Labelled(Horizontal):
    """One short line with its name before it."""

    def __init__(self, label: str, value: str, placeholder: str, id: str):
        super().__init__(Static(label, classes="label"), Input(value, placeholder=placeholder, id=id))


class Words(TextArea):
    """Text that grows with what is typed; Enter goes on to the next line of the account."""

    class Entered(Message):
        """Enter was pressed."""

        def __init__(self, words: "Words"):
            super().__init__()
            self.words = words

    class Emptied(Message):
        """Backspace was pressed with nothing there."""

        def __init__(self, words: "Words"):
            super().__init__()
            self.words = words

    class Asked(Message):
        """A question mark was typed first: this is the officer's question."""

        def __init__(self, words: "Words"):
            super().__init__()
            self.words = words

    def __init__(self, text: str = "", placeholder: str = "", lines: bool = False, id: Optional[str] = None):
        super().__init__(text, soft_wrap=True, compact=True, placeholder=placeholder, id=id, highlight_cursor_line=False)
        self.of_lines = lines

    async def _on_key(self, event: events.Key) -> None:
        if self.of_lines:
            message = None
            if event.key == "enter":
                message = self.Entered(self)
            elif event.key == "backspace" and not self.text:
                message = self.Emptied(self)
            elif event.character == "?" and not self.text:
                message = self.Asked(self)
            if message is not None:
                event.stop()
                event.prevent_default()
                self.post_message(message)
                return
        await super()._on_key(event)


class Row(Horizontal):
    """One line of the account, with who said it."""

    asked: reactive[bool] = reactive(False)

    def __init__(self, line: Line):
        super().__init__()
        self.line = line
        self.who = Static("", classes="who")
        self.words = Words(line.text, lines=True)
        self.set_reactive(Row.asked, line.asked)

    def compose(self) -> ComposeResult:
        yield self.who
        yield self.words

    def on_mount(self) -> None:
        self.watch_asked()

    def watch_asked(self) -> None:
        self.line.asked = self.asked
        self.set_class(self.asked, "asked")
        self.who.update("I ASKED" if self.asked else "THEY SAID")

    def take(self) -> Line:
        """The line as it is now."""
        self.line.text = self.words.text
        return self.line
