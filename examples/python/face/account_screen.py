"""The form: everything is kept within two seconds of a keystroke, nothing has to be filled in."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Input, Static, TextArea

from firsthand import FieldError

from . import plain
from .account import Account, Line
from .dialogs import Seal
from .widgets import HOW, URGENCIES, YES_NO, Choice, Labelled, Row, Words

Json = Dict[str, Any]

#: R1: a killed app loses no more than two seconds of typing. The rest of it is for the disk.
KEEP_AFTER_SECONDS = 1.0


class AccountScreen(Screen[None]):
    """Writes one account."""

    BINDINGS = [
        Binding("ctrl+s", "seal", "Seal", priority=True),
        Binding("ctrl+t", "turn", "Said/asked", priority=True),
        Binding("f2", "go('words')", "Words"),
        Binding("f3", "go('seen')", "Saw"),
        Binding("f4", "go('opinion')", "Think"),
        Binding("f5", "go('safe')", "Safety"),
        Binding("escape", "leave", "Back"),
    ]

    def __init__(self, id_: str, account: Account):
        super().__init__()
        self.record_id, self.account = id_, account
        self._kept: Json = {}
        self._timer: Any = None
        self._sealed = False

    def compose(self) -> ComposeResult:
        account = self.account
        yield Static("[b]ACCOUNT[/]   Everything you type is kept on this handset.", id="kept")
        with VerticalScroll(id="form", can_focus=False):
            with Vertical(classes="part"):
                yield Labelled("Who is speaking", account.speaker, "As they call themselves", id="speaker")
                yield Choice("How urgent", URGENCIES, account.urgency, id="urgency")
            part = Vertical(id="lines", classes="part")
            part.border_title = "WORD FOR WORD   Enter: next line    ? first: your own question"
            with part:
                yield from (Row(line) for line in account.lines)
            yield self._text("seen", "WHAT I SAW   never mixed with the child's words", account.seen, "How they looked and behaved")
            with Vertical(classes="part") as think:
                think.border_title = "WHAT I THINK   an opinion, and kept apart as one"
                yield Words(account.opinion, "Your opinion, if you have one", id="opinion")
                yield Labelled("It rests on", account.basis, "What makes you think so", id="basis")
            with Vertical(classes="part") as there:
                there.border_title = "SAFETY, AND WHO WAS THERE   Y, N or K answers, Backspace takes it back"
                yield Choice("Child is safe now", YES_NO, account.safe, id="safe")
                yield Choice("Needs medical help", YES_NO, account.medical, id="medical")
                yield Choice("Seen alone", YES_NO, account.alone, id="alone")
                yield Labelled("Who else was there", account.present, "Name, role; name, role", id="present")
                yield Labelled("Where", account.place, "Such as wellbeing office", id="place")
                yield Choice("Child chose the place", YES_NO, account.chosen, id="chosen")
                yield Choice("Written down", HOW, account.how, id="how")
        yield Footer(show_command_palette=False)

    @staticmethod
    def _text(id_: str, title: str, text: str, placeholder: str) -> Vertical:
        part = Vertical(Words(text, placeholder, id=id_), classes="part")
        part.border_title = title
        return part

    def on_mount(self) -> None:
        self._kept = self.account.sets(self.app.me)  # type: ignore[attr-defined]
        self.query_one("#speaker" if not self.account.speaker else Row).focus()
        if self.account.speaker:
            self.action_go("words")

    # ---- what is typed is kept

    def take(self) -> Account:
        """The form as it is now."""
        account = self.account
        for name in ("speaker", "basis", "present", "place"):
            setattr(account, name, self.query_one(f"#{name}", Input).value)
        for name in ("urgency", "alone", "chosen", "safe", "medical", "how"):
            setattr(account, name, self.query_one(f"#{name}", Choice).value)
        account.urgency = account.urgency or "urgent"
        account.seen, account.opinion = (self.query_one(name, Words).text for name in ("#seen", "#opinion"))
        account.lines = [row.take() for row in self.rows()]
        return account

    @on(TextArea.Changed)
    @on(Input.Changed)
    @on(Choice.Changed)
    def typed(self, event: Any) -> None:
        if isinstance(event, TextArea.Changed) and isinstance(event.text_area.parent, Row):
            now = self.app.clock()  # type: ignore[attr-defined]
            if event.text_area.text:
                self.account.began = self.account.began or now
                self.account.ended = now
        self._soon()

    def _soon(self) -> None:
        """Keeps it a second after the first keystroke that is not kept, however long the typing goes on."""
        if self._timer is None and self._changes():
            self._say(Text("writing …", "#ffb000"))
            self._timer = self.set_timer(KEEP_AFTER_SECONDS, self._keep_later)

    def _changes(self) -> Json:
        sets = self.take().sets(self.app.me)  # type: ignore[attr-defined]
        return {path: value for path, value in sets.items() if value != self._kept.get(path)}

    def _keep_later(self) -> None:
        self._timer = None
        self.run_worker(self.keep, group="keep")

    async def keep(self) -> bool:
        """Keeps what is typed; false when it could not be, which the officer is told."""
        changes = {} if self._sealed else self._changes()
        if not changes:
            return True
        app: Any = self.app
        try:
            await app.desk.ask(app.desk.field.keep, self.record_id, changes)
        except FieldError as error:
            self._say(Text(f"NOT KEPT: {error.message}. Write on paper as well.", "bold white on #b00020"))
            self._timer = self._timer or self.set_timer(KEEP_AFTER_SECONDS, self._keep_later)
            return False
        self._kept.update(changes)
        self._say(Text.assemble(("KEPT ", "bold #57c785"), f"on this handset {app.clock().astimezone().strftime('%H:%M:%S')}"))
        self._soon()
        return True

    def _say(self, text: Text) -> None:
        if self.is_attached:
            self.query_one("#kept", Static).update(Text.assemble(("ACCOUNT   ", "bold"), text))

    # ---- lines

    def rows(self) -> List[Row]:
        """The lines that are there; one that was taken out is only hidden."""
        return [row for row in self.query(Row) if row.display]

    @on(Words.Entered)
    async def next_line(self, event: Words.Entered) -> None:
        row = event.words.parent
        fresh = Row(Line())
        await self.query_one("#lines").mount(fresh, after=row)
        fresh.words.focus()

    @on(Words.Emptied)
    def remove_line(self, event: Words.Emptied) -> None:
        rows = self.rows()
        at = rows.index(event.words.parent)
        if rows[at].asked:
            rows[at].asked = False
        elif len(rows) > 1:
            rows[at - 1 if at else 1].words.focus()
            rows[at].display = False
        self._soon()

    @on(Words.Asked)
    def asked(self, event: Words.Asked) -> None:
        event.words.parent.asked = True
        self._soon()

    def action_turn(self) -> None:
        row = self.focused.parent if self.focused else None
        if isinstance(row, Row):
            row.asked = not row.asked
            self._soon()

    # ---- keys

    def action_go(self, where: str) -> None:
        target: Optional[Any] = self.rows()[-1].words if where == "words" else self.query_one(f"#{where}")
        if target is not None:
            target.focus()

    async def action_leave(self) -> None:
        if await self.keep():
            self.app.back()  # type: ignore[attr-defined]

    def action_seal(self) -> None:
        self.run_worker(self._seal, group="seal", exclusive=True)

    async def _seal(self) -> None:
        app: Any = self.app
        if not await self.keep():
            return
        draft = await app.desk.ask(app.desk.field.show, self.record_id, "to seal it")
        # Who speaks is whom it is about, until somebody says otherwise: the seal fills that in.
        open_ = [gap for gap in draft["gaps"] if gap["path"] != "subjects" or not draft.get("speaker")]
        if not await app.push_screen_wait(Seal(plain.questions(open_))):
            return
        if not await self.keep():
            return
        try:
            await app.desk.ask(app.desk.field.seal, self.record_id)
        except FieldError as error:
            self.notify(f"Not sealed: {error.message}. What you wrote is kept.", severity="error", timeout=10)
            return
        self._sealed = True
        app.sealed(self.record_id)
