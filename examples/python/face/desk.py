"""The one place where the face meets the library: calls in their order, off the thread that draws."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from firsthand import Field


class Desk:
    """Takes calls one after the other: what was typed first is kept first."""

    def __init__(self, field: Field):
        self.field = field
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="field-desk")

    async def ask(self, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Calls, and waits without holding up the screen."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: call(*given, **named))

    async def close(self) -> None:
        """Ends what is under way and closes the store."""
        self._thread.shutdown(wait=False)
        await asyncio.get_running_loop().run_in_executor(None, self.field.close)
