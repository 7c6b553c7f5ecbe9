"""An officer's handset at a terminal.

    python3 app.py [--store FOLDER] [--server HOST:PORT]

Without a server it starts and writes all the same.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path

from face.handset import Handset
from firsthand import Field, FieldError, WrongLibrary


def store_key(folder: Path) -> bytes:
    """The store's key, from a file beside the store.

    It stands in for the platform's keystore: whoever reads this file reads the store. A real app asks
    the keychain, the TPM or a smart card.
    """
    place = folder.with_name(f"{folder.name}.key")
    if place.exists():
        return place.read_bytes()
    if folder.exists():
        # A new key would shut the store for ever.
        raise SystemExit(f"the key of {folder} is gone; do not delete the folder, find {place}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(32)
    with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    return key


def main() -> None:
    arguments = argparse.ArgumentParser(description="An officer's handset at a terminal.")
    arguments.add_argument("--store", type=Path, default=Path("handset"), help="the handset's folder")
    arguments.add_argument("--server", help="where the server is, if not where the enrolment code says")
    given = arguments.parse_args()
    try:
        field = Field(str(given.store), store_key(given.store), server=given.server)
    except (FieldError, WrongLibrary) as error:
        sys.exit(f"The handset could not be opened. {getattr(error, 'message', error)}")
    with field:
        Handset(field).run()


if __name__ == "__main__":
    main()
