"""Short questions over a screen: seal it? whom did you tell? which code?"""

from __future__ import annotations

from typing import List, Optional, Tuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from .widgets import Choice


class Seal(ModalScreen[bool]):
    """The last look before nobody can change a word any more."""

    BINDINGS = [Binding("enter", "answer(True)", "Seal"), Binding("escape", "answer(False)", "Back")]

    def __init__(self, questions: List[str]):
        super().__init__()
        self.questions = questions

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("Seal this account?", classes="title")
            yield Static("After this nobody can change its words: not you, not a sergeant, not an administrator.")
            yield Static("[b reverse] Enter [/] Seal it now      [b reverse] Esc [/] Go back, keep writing")
            if self.questions:
                yield Static(f"{len(self.questions)} questions still open. They do not stop you:", classes="open-title")
                with VerticalScroll(classes="open", can_focus=False):
                    yield Static("\n".join(f"  ·  {question}" for question in self.questions))

    def action_answer(self, seal: bool) -> None:
        self.dismiss(seal)


class Told(ModalScreen[Optional[Tuple[str, str]]]):
    """R23: who was told while it could not be sent, and how."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Back")]
    WAYS = [("r", "Radio", "radio"), ("p", "Phone", "phone"), ("f", "Face to face", "face to face")]

    def __init__(self, about: str):
        super().__init__()
        self.about = about

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("Whom did you tell?", classes="title")
            yield Static(f"It is written down beside {self.about}, with the time.")
            yield Choice("How", self.WAYS, value="radio", id="how")
            yield Input(placeholder="Name, such as Sgt Reed", id="whom")
            yield Static("[b reverse] Enter [/] Write it down      [b reverse] Esc [/] Back", classes="keys")

    def on_mount(self) -> None:
        self.query_one("#whom").focus()

    @on(Input.Submitted)
    def done(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss((event.value.strip(), self.query_one("#how", Choice).value or "radio"))


class Note(ModalScreen[Optional[Tuple[str, str]]]):
    """Something to be added to a sealed account: it stands after it, never in it."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Back")]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("Add to a sealed account", classes="title")
            yield Static("It stands after the account, with your name and the time.")
            yield Input(placeholder="What you add", id="text")
            yield Input(placeholder="Why only now", id="why")
            yield Static("[b reverse] Enter [/] Add it      [b reverse] Esc [/] Back", classes="keys")

    @on(Input.Submitted)
    def done(self) -> None:
        text, why = (self.query_one(name, Input).value.strip() for name in ("#text", "#why"))
        if text and why:
            self.dismiss((text, why))
        else:
            self.query_one("#why" if text else "#text").focus()


class Enrol(ModalScreen[Optional[str]]):
    """The one-time code that makes this handset somebody's."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Leave")]

    def __init__(self, trouble: str = ""):
        super().__init__()
        self.trouble = trouble

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("This handset is nobody's yet", classes="title")
            yield Static("Paste the one-time code that your administrator gave you. It needs the network, this once.")
            yield Input(placeholder="Code", id="code")
            yield Static(self.trouble, classes="trouble")
            yield Static("[b reverse] Enter [/] Enrol      [b reverse] Esc [/] Leave", classes="keys")

    @on(Input.Submitted)
    def done(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(event.value.strip())
