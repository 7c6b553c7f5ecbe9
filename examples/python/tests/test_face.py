"""The handset's face, played with its keys against a real library and a real server.

    python3 -m unittest discover -s examples/python/tests

Needs `cargo build -p ffi -p sync-server -p field-cli` (tests/tests/foreign_python_face.rs does that).
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
import time
import unittest
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable, List

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from textual.widgets import Input, Static  # noqa: E402

from face import plain  # noqa: E402
from face.account_screen import KEEP_AFTER_SECONDS, AccountScreen  # noqa: E402
from face.dialogs import Enrol, Seal, Told  # noqa: E402
from face.handset import Handset, now  # noqa: E402
from face.list_screen import ListScreen  # noqa: E402
from face.record_screen import RecordScreen  # noqa: E402
from firsthand import Field  # noqa: E402
from stage import Device, Server  # noqa: E402

#: Far more than anything takes here, in seconds.
PATIENCE = 60

_KEYS = {" ": "space", "?": "question_mark", ".": "full_stop", ",": "comma", "'": "apostrophe", ";": "semicolon"}


def keys(text: str) -> List[str]:
    return [_KEYS.get(letter, letter) for letter in text]


class Face(unittest.IsolatedAsyncioTestCase):
    """An officer's handset and a sergeant's, and a server that serves."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.server = Server(self.folder / "server")
        self.addCleanup(self.server.stop)
        self.server.serve()
        self.key = secrets.token_bytes(32)
        self.later = timedelta()

    async def asyncSetUp(self) -> None:
        # The test case asks for asyncio's debug mode, which is slow and prints what took long.
        asyncio.get_running_loop().set_debug(False)

    def handset(self) -> Handset:
        return Handset(Field(str(self.folder / "officer"), self.key), clock=lambda: now() + self.later)

    async def until(self, pilot: Any, what: str, true: Callable[[], Any]) -> Any:
        """Lets the app work until something is so."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = true()
            if found:
                return found
            await pilot.pause(0.02)
        raise AssertionError(f"it never came to this: {what}")

    async def on(self, pilot: Any, screen: type) -> Any:
        await self.until(pilot, f"the screen {screen.__name__}", lambda: isinstance(pilot.app.screen, screen))
        await pilot.pause()
        return pilot.app.screen

    async def enrols(self, pilot: Any) -> None:
        screen = await self.on(pilot, Enrol)
        screen.query_one("#code", Input).value = self.server.code("officer")
        await pilot.press("enter")
        await self.on(pilot, ListScreen)
        await self.until(pilot, "online", lambda: pilot.app.link[0])

    async def server_goes(self, pilot: Any) -> None:
        await asyncio.to_thread(self.server.stop)
        await self.until(pilot, "offline", lambda: pilot.app.link[0] is False)

    async def writes(self, pilot: Any, speaker: str, urgency: str, *lines: str) -> AccountScreen:
        await pilot.press("n")
        screen = await self.on(pilot, AccountScreen)
        await pilot.press(*keys(speaker), "tab", urgency, "f2")
        for number, line in enumerate(lines):
            await pilot.press(*(["enter"] if number else []), *keys(line))
        return screen

    async def seals(self, pilot: Any) -> RecordScreen:
        await pilot.press("ctrl+s")
        await self.on(pilot, Seal)
        await pilot.press("enter")
        screen = await self.on(pilot, RecordScreen)
        await self.until(pilot, "the record", lambda: screen.record)
        return screen

    def line(self, pilot: Any, title: str) -> Any:
        return next((line for line in pilot.app.records.lines if line["title"] == title), None)

    def state(self, pilot: Any, title: str) -> str:
        line = self.line(pilot, title)
        return plain.state_of(line) if line else "not there"

    def says(self, pilot: Any, where: str) -> str:
        return str(pilot.app.screen.query_one(where, Static).visual)

    async def test_an_account_is_written_and_sealed_without_signal_and_goes_by_itself(self) -> None:
        async with self.handset().run_test(size=(100, 34)) as pilot:
            await self.enrols(pilot)
            sergeant = await asyncio.to_thread(Device, self.folder / "sergeant", self.server.code("sergeant"))
            await self.server_goes(pilot)
            self.assertIn("OFFLINE", self.says(pilot, "#link"))
            self.assertIn("stopped", self.says(pilot, "#link"))

            screen = await self.writes(pilot, "Maisie", "i", "?Tell me about it.", "I don't want to go back there.")
            await pilot.press("f3", *keys("Pulled her sleeves over her hands."))
            await pilot.press("f4", *keys("May be frightened."), "tab", *keys("The sleeves"))
            await pilot.press("f5", "n", "tab", "k", "tab", "n", "tab", *keys("Ms Okafor, tutor"))
            record = (await self.seals(pilot)).record
            self.assertTrue(record["status"].startswith("sealed"))
            self.assertEqual([one["text"] for one in record["words_verbatim"]], ["I don't want to go back there."])
            self.assertEqual([one["text"] for one in record["questions_asked"]], ["Tell me about it."])
            # R3: three places, and none of them holds another's words.
            self.assertEqual([one["text"] for one in record["observations"]], ["Pulled her sleeves over her hands."])
            self.assertEqual([one["text"] for one in record["interpretation"]], ["May be frightened."])
            self.assertEqual(record["interpretation"][0]["basis"], "The sleeves")
            self.assertEqual((record["seen_alone"], record["immediate_safety"]["safe_now"]), ("no", "no"))
            self.assertIn("unknown", record["medical_need"]["yn3"])
            self.assertEqual(record["who_present"][0]["role"], "tutor")
            # What is missing is a question and was no obstacle.
            self.assertIn("How was it recorded?", plain.questions(record["gaps"]))
            self.assertNotIn(screen, pilot.app.screen_stack)

            await pilot.press("escape")
            await self.until(pilot, "it waits here", lambda: self.state(pilot, "Maisie") == "sealed")
            await self.until(pilot, "it is said", lambda: "1 immediate" in self.says(pilot, "#waiting"))

            await asyncio.to_thread(self.server.serve)
            await self.until(pilot, "online", lambda: pilot.app.link[0])
            await self.until(pilot, "at the server", lambda: self.state(pilot, "Maisie") == "at_server")
            await self.until(pilot, "it is said", lambda: "Nothing waits" in self.says(pilot, "#waiting"))
            await asyncio.to_thread(sergeant.run, "sync")
            await self.until(pilot, "delivered", lambda: self.state(pilot, "Maisie") == "delivered")
            self.assertEqual(plain.state_words(self.line(pilot, "Maisie")), "Delivered to sergeant")
            await asyncio.to_thread(sergeant.run, "do", record["id"], "confirm_seen")
            await asyncio.to_thread(sergeant.run, "sync")
            await self.until(pilot, "seen", lambda: self.state(pilot, "Maisie") == "seen")
            shown = await asyncio.to_thread(sergeant.run, "show", record["id"])
            self.assertEqual(shown["words_verbatim"][0]["text"], "I don't want to go back there.")
            self.assertTrue(all(one["verified"] for one in shown["statements"]))

    async def test_r1_what_was_typed_is_kept_while_the_typing_goes_on_and_is_there_after_the_app_ended(self) -> None:
        async with self.handset().run_test(size=(80, 24)) as pilot:
            await self.enrols(pilot)
            screen = await self.writes(pilot, "Tia", "u")
            self.assertLessEqual(KEEP_AFTER_SECONDS, 1.5, "the rest of two seconds is for the disk")
            # It is kept by itself while the typing goes on: a keystroke does not put it off.
            await self.until(pilot, "the name is kept", lambda: "KEPT" in self.says(pilot, "#kept"))
            await pilot.press(*keys("He said"))
            end = time.monotonic() + PATIENCE
            while "writing" in self.says(pilot, "#kept"):
                self.assertLess(time.monotonic(), end, "typing puts the keeping off")
                await pilot.press("space")
            kept = await asyncio.to_thread(pilot.app.desk.field.show, screen.record_id)
            self.assertEqual([one["text"] for one in kept["words_verbatim"]], ["He said"])
            # The app ends here without a word; nothing is kept on the way out.
        async with self.handset().run_test(size=(80, 24)) as pilot:
            await self.until(pilot, "the draft", lambda: self.line(pilot, "Tia"))
            await pilot.press("enter")
            screen = await self.on(pilot, AccountScreen)
            self.assertEqual([line.text for line in screen.take().lines], ["He said"])
            self.assertEqual(screen.take().urgency, "urgent")

    async def test_r23_after_ten_minutes_the_officer_is_told_to_use_the_radio_and_says_whom_they_told(self) -> None:
        async with self.handset().run_test(size=(100, 34)) as pilot:
            await self.enrols(pilot)
            await self.server_goes(pilot)
            await self.writes(pilot, "Maisie", "i", "He is outside.")
            id_ = (await self.seals(pilot)).record["id"]
            await pilot.press("escape")
            await self.until(pilot, "it waits", lambda: self.state(pilot, "Maisie") == "sealed")
            tell = pilot.app.records.query_one("#tell", Static)
            self.assertFalse(tell.display)
            self.later = timedelta(minutes=9, seconds=50)
            pilot.app.records.draw()
            self.assertFalse(tell.display)
            self.later = timedelta(minutes=11)
            pilot.app.records.draw()
            self.assertTrue(tell.display and tell.has_class("alarm"))
            self.assertIn("IMMEDIATE, NOT SENT FOR 11 MIN: Maisie", self.says(pilot, "#tell"))
            self.assertIn("radio or phone NOW", self.says(pilot, "#tell"))
            await pilot.press("t")
            await self.on(pilot, Told)
            await pilot.press(*keys("Sgt Reed"), "enter")
            await self.until(pilot, "it is written down", lambda: id_ in pilot.app.records.told)
            self.assertFalse(tell.has_class("alarm"))
            shown = await asyncio.to_thread(pilot.app.desk.field.show, id_)
            self.assertIn("Told Sgt Reed by radio at", shown["addenda"][0]["text"])

    async def test_an_earlier_line_can_be_turned_into_a_question_and_taken_out(self) -> None:
        async with self.handset().run_test(size=(100, 34)) as pilot:
            await self.enrols(pilot)
            screen = await self.writes(pilot, "Maisie", "s", "And then", "Nothing.", "x")
            await pilot.press("backspace", "backspace")
            self.assertEqual([line.text for line in screen.take().lines], ["And then", "Nothing."])
            screen.query("Row").first().words.focus()
            await pilot.press("ctrl+t")
            await pilot.press("escape")
            await self.on(pilot, ListScreen)
            kept = await asyncio.to_thread(pilot.app.desk.field.show, screen.record_id)
            self.assertEqual([one["text"] for one in kept["questions_asked"]], ["And then"])
            self.assertEqual([one["text"] for one in kept["words_verbatim"]], ["Nothing."])

    async def test_a_code_that_is_none_is_refused_in_words_and_asked_for_again(self) -> None:
        async with self.handset().run_test(size=(100, 34)) as pilot:
            first = await self.on(pilot, Enrol)
            first.query_one("#code", Input).value = "not a code"
            await pilot.press("enter")
            await self.until(pilot, "asked again", lambda: isinstance(pilot.app.screen, Enrol) and pilot.app.screen is not first)
            self.assertIn("not an enrolment code", pilot.app.screen.trouble)
            await self.enrols(pilot)


class Plain(unittest.TestCase):
    """What needs no library."""

    def test_ages_in_the_largest_unit_that_helps(self) -> None:
        for seconds, words in ((-5, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3660, "1 h 01 min"), (90000, "1 d 1 h")):
            self.assertEqual(plain.age(seconds), words)

    def test_a_question_is_asked_once_and_safety_first(self) -> None:
        gaps = [
            {"code": "I.required", "path": "account_started_at", "message": ""},
            {"code": "I.required", "path": "account_ended_at", "message": ""},
            {"code": "R6.safe_now", "path": "immediate_safety/safe_now", "message": ""},
            {"code": "I.required", "path": "new_field", "message": "this is needed"},
        ]
        expected = ["Is the child safe now?", "When did the account begin and end?", "New field: this is needed"]
        self.assertEqual(plain.questions(gaps), expected)

    def test_a_reason_nobody_has_words_for_is_told_by_its_code(self) -> None:
        self.assertIn("D.new", plain.reason("D.new"))
        self.assertEqual(plain.reason(None), "No server can be reached.")


if __name__ == "__main__":
    unittest.main()
