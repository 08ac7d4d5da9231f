"""Background threads for requests: to send several at a time, and to limit how long one takes."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def begin(do: Callable[[], T]) -> Future[T]:
    """Call a function in a thread of its own.

    The thread is a daemon, unlike those of an executor, so a run that is stopped need not wait for
    an answer.

    Returns:
        A future with the result, or with the exception that was raised.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(do())
        except BaseException as error:  # noqa: BLE001 - raised where the result is wanted
            future.set_exception(error)

    Thread(target=run, name="ahead", daemon=True).start()
    return future
