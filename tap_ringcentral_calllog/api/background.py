"""Requests that are under way while the answers to others are written."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def begin(do: Callable[[], T]) -> Future[T]:
    """Do something in a thread of its own.

    The thread is a daemon, unlike those of an executor, so that a stop need not wait for an answer.

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
