"""The app: one officer's store, its events, and the screens."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from textual.app import App
from textual.message import Message

from firsthand import BACKGROUND, FOREGROUND, Field, FieldError

from . import plain
from .account import Account, of_record
from .account_screen import AccountScreen
from .desk import Desk
from .dialogs import Enrol
from .list_screen import ListScreen
from .record_screen import RecordScreen

Json = Dict[str, Any]


class Heard(Message):
    """An event of the library's, from the thread that waits for them."""

    def __init__(self, event: Json):
        super().__init__()
        self.event = event


def now() -> datetime:
    return datetime.now(timezone.utc)


class Handset(App[None]):
    """Firsthand on an officer's handset."""

    TITLE = "Firsthand"
    CSS_PATH = "handset.tcss"
    ENABLE_COMMAND_PALETTE = False
    # Ctrl+Q is too near to Ctrl+S, and nothing that ends the app may be one slip away.
    BINDINGS = []

    def __init__(self, field: Field, clock: Callable[[], datetime] = now):
        super().__init__()
        self.desk, self.clock = Desk(field), clock
        self.me = ""
        #: Whether the server is reached, and if not, why not.
        self.link: Tuple[Optional[bool], Optional[str]] = (None, None)
        self.records = ListScreen()
        self._looked: Set[str] = set()

    def on_mount(self) -> None:
        self.push_screen(self.records)
        self.run_worker(self._begin)

    async def _begin(self) -> None:
        self.desk.field.listen(lambda event: self.post_message(Heard(event)))
        status = await self.desk.ask(self.desk.field.status)
        trouble = ""
        while status["user"] is None:
            code = await self.push_screen_wait(Enrol(trouble))
            if code is None:
                return await self.action_leave()
            try:
                status = await self.desk.ask(self.desk.field.enrol, code)
            except FieldError as error:
                trouble = error.message
        self.me = status["user"]
        await self.desk.ask(self.desk.field.sync_start)
        await self.desk.ask(self.desk.field.lifecycle, FOREGROUND)
        await self._read()

    # ---- what happens

    def on_heard(self, message: Heard) -> None:
        event = message.event
        if event["event"] in ("online", "offline"):
            self.link = (event["event"] == "online", event.get("code"))
        elif event["event"] == "quarantined":
            words = f"The server did not take a record ({event.get('code')}). It is kept here. Call your administrator."
            self.notify(words, severity="error", timeout=30)
        elif event["event"] == "erased" and not event.get("id"):
            self.notify("This handset was ordered to forget everything.", severity="error", timeout=30)
        self.read_soon()

    def read_soon(self) -> None:
        """An event is a hint; the store is the truth, and is read anew."""
        if self.me:
            self.run_worker(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        lines = await self.desk.ask(self.desk.field.list)
        await self._who_was_told(lines)
        self.records.show(lines)
        if isinstance(self.screen, RecordScreen):
            self.screen.show(await self._show(self.screen.record_id))

    async def _who_was_told(self, lines: List[Json]) -> None:
        """R23: what the officer wrote down of it earlier stands among the addenda."""
        for line in plain.to_be_told(lines, self.clock()):
            if line["id"] in self.records.told or line["id"] in self._looked:
                continue
            self._looked.add(line["id"])
            for one in (await self._show(line["id"])).get("addenda") or []:
                if one["reason"].startswith("R23"):
                    self.records.told[line["id"]] = one["text"]

    async def _show(self, id_: str) -> Json:
        return await self.desk.ask(self.desk.field.show, id_, "read on the handset")

    # ---- what a person does

    def action_write(self) -> None:
        self.run_worker(self._write, group="write", exclusive=True)

    async def _write(self) -> None:
        if not self.me:
            return
        account = Account()
        # It exists from the moment it is opened (R2): nothing that is typed is without a place.
        draft = await self.desk.ask(self.desk.field.new, "disclosure", {"urgency": account.urgency})
        self.push_screen(AccountScreen(draft["id"], account))

    def open(self, line: Json) -> None:
        self.run_worker(self._open(line), group="open", exclusive=True)

    async def _open(self, line: Json) -> None:
        record = await self._show(line["id"])
        if record["status"] == "draft":
            self.push_screen(AccountScreen(line["id"], of_record(record)))
        else:
            screen = RecordScreen(line["id"])
            await self.push_screen(screen)
            screen.show(record)

    def sealed(self, id_: str) -> None:
        """From the form to the record it has become."""
        self.pop_screen()
        self.read_soon()
        self.run_worker(self._open({"id": id_}), group="open", exclusive=True)

    def write_down_told(self, ids: List[str], whom: str, how: str) -> None:
        self.run_worker(self._write_down_told(ids, whom, how))

    async def _write_down_told(self, ids: List[str], whom: str, how: str) -> None:
        at = self.clock()
        words = f"Told {whom} by {how} at {plain.clock(at)}." if how != "face to face" else f"Told {whom} at {plain.clock(at)}."
        for id_ in ids:
            await self.desk.ask(self.desk.field.addendum, id_, "R23: urgent, and not sent for ten minutes", text=words)
            self.records.told[id_] = words
        self.records.draw()

    def add_note(self, id_: str, text: str, why: str) -> None:
        self.run_worker(self._add_note(id_, text, why))

    async def _add_note(self, id_: str, text: str, why: str) -> None:
        try:
            await self.desk.ask(self.desk.field.addendum, id_, why, text=text)
        except FieldError as error:
            self.notify(f"Not added: {error.message}", severity="error", timeout=10)
        await self._read()

    def action_look(self) -> None:
        self.run_worker(self._live(FOREGROUND))

    def on_app_focus(self) -> None:
        self.run_worker(self._live(FOREGROUND))

    def on_app_blur(self) -> None:
        self.run_worker(self._live(BACKGROUND))

    async def _live(self, state: int) -> None:
        if self.me:
            await self.desk.ask(self.desk.field.lifecycle, state)

    def back(self) -> None:
        self.pop_screen()
        self.read_soon()

    def action_back(self) -> None:
        self.back()

    async def action_leave(self) -> None:
        self.exit()

    async def on_unmount(self) -> None:
        await self.desk.close()
