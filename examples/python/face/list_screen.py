"""The first screen: whether there is a server, what waits, and how far each record got."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Optional

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from . import plain
from .dialogs import Told

Json = Dict[str, Any]

_URGENCY_STYLE = {"immediate": "bold white on #b00020", "urgent": "bold black on #ffb000"}
_STATE_STYLE = {"draft": "bold #8ab4f8", "sealed": "bold #ffb000", "left_device": "bold #ffb000"}
_KINDS = {"disclosure": "Account", "concern": "Concern", "action": "Request"}


class Records(DataTable):
    """The table, with a word for what Enter does."""

    BINDINGS = [Binding("enter", "select_cursor", "Open")]


class ListScreen(Screen[None]):
    """What is on this handset."""

    BINDINGS = [
        Binding("n", "app.write", "New account"),
        Binding("t", "told", "Told by radio or phone"),
        Binding("r", "app.look", "Look for the server"),
        Binding("q", "app.leave", "Leave"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.lines: List[Json] = []
        #: Whom the officer told of a record that could not be sent, by its id.
        self.told: Dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Static(id="link")
        yield Static(id="waiting")
        yield Static(id="tell")
        yield Records(cursor_type="row", cursor_foreground_priority="renderable", id="records", cell_padding=1)
        yield Static("Nothing is here yet. Press [b]N[/] to write down what a child says.", id="empty")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        about = max(20, self.app.size.width - 57)
        for label, width in (("How urgent", 11), ("How far it got", 24), ("About", about), ("Waiting", 10)):
            table.add_column(label, width=width, key=label)
        self.set_interval(1.0, self.draw)
        self.draw()

    # ---- what the app tells this screen

    def show(self, lines: List[Json]) -> None:
        self.lines = plain.in_order([line for line in lines if line["kind"] in _KINDS])
        self.draw()

    # ---- drawing

    def draw(self) -> None:
        if not self.is_attached:
            return
        now = self.app.clock()  # type: ignore[attr-defined]
        self._draw_link()
        self._draw_waiting(now)
        self._draw_tell(now)
        self._draw_table(now)

    def _draw_link(self) -> None:
        online, code = self.app.link  # type: ignore[attr-defined]
        link = self.query_one("#link", Static)
        link.set_classes("online" if online else "offline" if online is False else "looking")
        if online:
            link.update(Text.assemble(("● ONLINE", "bold"), "   What you write goes by itself."))
        elif online is False:
            words = f"   {plain.reason(code)} What you write is safe here and goes by itself later."
            link.update(Text.assemble(("○ OFFLINE", "bold"), words))
        else:
            link.update("… Looking for the server. You can write at once.")

    def _draw_waiting(self, now: datetime) -> None:
        waiting = self.query_one("#waiting", Static)
        counts, oldest = plain.waiting(self.lines, now)
        drafts = sum(line["status"] == "draft" for line in self.lines)
        not_sealed = f"   {drafts} draft{'s' if drafts > 1 else ''} not sealed" if drafts else ""
        if counts:
            since = f"   oldest {plain.age(oldest)}" if oldest is not None else ""
            waiting.update(Text.assemble(("WAITING TO GO  ", "bold"), (counts, "bold #ffb000"), since, not_sealed))
        elif any(line["sealed"] for line in self.lines):
            waiting.update(f"Nothing waits: all that is sealed here is at the server.{not_sealed}")
        else:
            waiting.update(f"Nothing waits.{not_sealed}")

    def _draw_tell(self, now: datetime) -> None:
        due = plain.to_be_told(self.lines, now)
        tell = self.query_one("#tell", Static)
        tell.display = bool(due)
        if not due:
            return
        first = due[0]
        untold = [line for line in due if line["id"] not in self.told]
        age = plain.age(plain.waiting_seconds((untold or due)[0], now))
        tell.set_class(bool(untold), "alarm")
        if untold:
            what = f"{untold[0]['urgency'].upper()}, NOT SENT FOR {age.upper()}: {untold[0]['title']}"
            more = f" and {len(untold) - 1} more" if len(untold) > 1 else ""
            tell.update(
                Text.assemble((f"{what}{more}\n", "bold"), "Use your radio or phone NOW, then press ", (" T ", "bold reverse"), " and say whom you told.")
            )
        else:
            tell.update(f"{first['urgency'].upper()}, not sent for {age}. {self.told[first['id']]}")

    def _draw_table(self, now: datetime) -> None:
        table = self.query_one(DataTable)
        self.query_one("#empty").display = not self.lines
        table.display = bool(self.lines)
        ids = [line["id"] for line in self.lines]
        if [row.key.value for row in table.ordered_rows] != ids:
            at = self.chosen()
            table.clear()
            for line in self.lines:
                table.add_row(*self._cells(line, now), key=line["id"], height=2)
            if at in ids:
                table.move_cursor(row=ids.index(at))
            return
        for line in self.lines:
            for column, cell in zip(table.columns, self._cells(line, now)):
                if table.get_cell(line["id"], column) != cell:
                    table.update_cell(line["id"], column, cell)

    def _cells(self, line: Json, now: datetime) -> List[Text]:
        state, done = plain.state_of(line), plain.steps_done(line)
        urgency = line["urgency"]
        title = line["title"] if line["title"] != line["kind"] else "Nobody named yet"
        waits = plain.age(plain.waiting_seconds(line, now)) if plain.unsent(line) else ""
        return [
            Text(f" {urgency.upper() if urgency in plain.PRESSING else urgency.capitalize()} ", _URGENCY_STYLE.get(urgency, "")),
            Text.assemble(
                (plain.state_words(line), _STATE_STYLE.get(state, "bold #57c785")),
                ("\n" + "■" * done + "□" * (5 - done), "#57c785" if done >= 3 else "#ffb000"),
                ("  addition waits" if done >= 3 and plain.waits(line) else "", "#ffb000"),
                overflow="ellipsis",
                no_wrap=True,
            ),
            Text.assemble(
                (title, "bold" if plain.unsent(line) else ""),
                (f"\n{_KINDS[line['kind']]}, {plain.clock(plain.parse(line['recorded_at']))}", "#9aa0a6"),
                overflow="ellipsis",
                no_wrap=True,
            ),
            Text(waits, "bold #ffb000"),
        ]

    # ---- keys

    def chosen(self) -> Optional[str]:
        table = self.query_one(DataTable)
        if not table.row_count:
            return None
        return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        self.action_open()

    def action_open(self) -> None:
        chosen = self.chosen()
        for line in self.lines:
            if line["id"] == chosen:
                self.app.open(line)  # type: ignore[attr-defined]

    def action_told(self) -> None:
        app: Any = self.app
        due = [line for line in plain.to_be_told(self.lines, app.clock()) if line["id"] not in self.told]
        if not due:
            self.notify("Nothing urgent has been waiting for ten minutes.")
            return
        about = due[0]["title"] if len(due) == 1 else f"{len(due)} urgent records"

        def done(answer: Any) -> None:
            if answer is not None:
                app.write_down_told([line["id"] for line in due], *answer)

        app.push_screen(Told(about), done)
