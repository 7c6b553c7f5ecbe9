"""A real server and a sergeant's device, on this machine, for the tests of the face.

`FIELD_PROGRAMS` names the folder with `sync-server` and `field`; else what was built here is taken.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, List, Optional

EXAMPLE = Path(__file__).resolve().parents[1]


def programs() -> Path:
    named = os.environ.get("FIELD_PROGRAMS")
    return Path(named) if named else EXAMPLE.parents[1] / "target" / "debug"


def run(program: str, *words: str) -> Any:
    """Runs a program to its end; answers its JSON."""
    done = subprocess.run([programs() / program, *words], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    answer = json.loads(done.stdout or "null")
    if done.returncode:
        raise RuntimeError(f"{program} {words[0]}: {answer}")
    return answer


class Server:
    """A `sync-server` with an officer and a sergeant."""

    def __init__(self, folder: Path):
        self.folder = str(folder)
        self._serving: Optional[subprocess.Popen] = None
        self.admin("init")
        self.admin("school", "add", "--id", "100001", "--name", "Harbour School")
        self.admin("user", "add", "--id", "sergeant", "--name", "Sgt Reed", "--role", "sergeant", "--team", "east")
        self.admin(
            "user", "add", "--id", "officer", "--name", "PC Singh", "--role", "officer",
            "--team", "east", "--school", "100001", "--supervisor", "sergeant",
        )  # fmt: skip

    def admin(self, *words: str) -> Any:
        return run("sync-server", *words, "--dir", self.folder, "--json")

    def code(self, user: str) -> str:
        return self.admin("enrol", "--user", user)["code"]

    def serve(self) -> None:
        """Starts; it is there when this returns."""
        command: List[Any] = [programs() / "sync-server", "serve", "--dir", self.folder]
        if self._serving is None:
            # Any free port the first time; the same one ever after.
            command += [] if os.path.exists(f"{self.folder}/serve.address") else ["--listen", "127.0.0.1:0"]
            self._serving = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            assert self._serving.stdout is not None
            json.loads(self._serving.stdout.readline())

    def stop(self) -> None:
        """Asks it to stop, and waits until it has."""
        if self._serving is not None:
            serving, self._serving = self._serving, None
            serving.send_signal(signal.SIGTERM)
            serving.communicate(timeout=60)


class Device:
    """Somebody else's device, one command at a time."""

    def __init__(self, folder: Path, code: str):
        self.folder = str(folder)
        self.run("enrol", "--code", code)

    def run(self, *words: str) -> Any:
        return run("field", "--store", self.folder, "--json", *words)
