"""Lists that are read by page number are read to their end, whatever tells where that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.plan.numbered import NumberedPages

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, Any]


def read(list_of: Callable[[int], tuple[list[str], Answer]]) -> tuple[list[str], list[int], bool]:
    """Read a list whose pages a function makes; return what was new, and the pages asked for."""
    pages, found, asked = NumberedPages(), [], []
    while pages.page is not None:
        asked.append(pages.page)
        assert len(asked) < 50, "never ends"
        ids, answer = list_of(pages.page)
        found += [ids[at] for at in pages.add(answer, ids)]
    return found, asked, pages.repeats


def links(*, more: bool) -> Answer:
    return {"navigation": {"firstPage": {}, **({"nextPage": {"uri": "x"}} if more else {})}}


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (lambda page: links(more=page < 3), 3),
        (lambda page: {"paging": {"totalPages": 3, "page": page}}, 3),
        (lambda page: {"navigation": {}, "paging": {"totalPages": 3}} if page else {}, 3),
        (lambda page: {**links(more=page < 3), "paging": {"totalPages": 1}}, 3),
        (lambda _: {}, 6),
        (lambda _: {"navigation": None, "paging": None}, 6),
        (lambda _: {"navigation": None, "paging": {"totalPages": "3"}}, 6),
    ],
    ids=["links", "totals", "both", "links only", "nothing", "null", "text"],
)
def test_the_last_page_is_found(answer, asked):
    """By a link or a number of pages; where neither is told, by pages without anything new."""
    rows = {1: ["a", "b"], 2: ["c", "d"], 3: ["e"]}
    found, pages, repeats = read(lambda page: (rows.get(page, []), answer(page)))
    assert found == ["a", "b", "c", "d", "e"]
    assert pages == list(range(1, asked + 1))
    assert not repeats


def test_an_under_full_or_empty_page_proves_nothing():
    """As long as a next one is offered, or nobody tells."""
    rows = {1: ["a"], 2: [], 3: [], 4: ["b"]}
    for answer in (lambda page: links(more=page < 4), lambda _: {}):
        found, _, repeats = read(lambda page: (rows.get(page, []), answer(page)))  # noqa: B023 - used at once
        assert found == ["a", "b"]
        assert not repeats


def test_a_page_that_repeats_does_not_hold_the_run():
    """After three that held nothing new the list counts as read."""
    found, pages, repeats = read(lambda _: (["a", "b"], links(more=True)))
    assert found == ["a", "b"]
    assert pages == [1, 2, 3, 4]
    assert repeats


def test_no_row_comes_twice():
    """Neither on one page nor on several."""
    rows = {1: ["a", "b", "a"], 2: ["b", "c"]}
    assert read(lambda page: (rows[page], links(more=page < 2)))[0] == ["a", "b", "c"]


def test_a_list_that_changes_while_it_is_read_is_read_again():
    """What shifted to a page that was read before would be missing otherwise."""
    lists = [["a", "b", "c", "d"], ["b", "c", "d"]]

    def page_of(page: int) -> tuple[list[str], Answer]:
        rows = lists[0] if len(lists) == 1 else lists.pop(0)
        paging = {"totalPages": 2, "totalElements": len(rows)}
        return rows[page * 2 - 2 : page * 2], {"paging": paging}

    found, pages, _ = read(page_of)
    assert found == ["a", "b", "d", "c"]
    assert pages == [1, 2, 1, 2]


def test_a_list_that_never_rests_is_read_three_times():
    """Then what is there has to do."""
    totals = iter(range(100))
    _, pages, _ = read(
        lambda page: (
            [str(page)],
            {"paging": {"totalPages": 2, "totalElements": next(totals)}},
        )
    )
    assert pages == [1, 2] * 3


@pytest.mark.parametrize(
    ("paging", "rows", "asked"),
    [
        ({"totalPages": 2}, 5, 5),
        ({"totalElements": 10}, 5, 6),
        ({}, 100_000, 3),
        ({}, 1, 1000),
    ],
    ids=["pages", "elements", "rows", "numbers"],
)
def test_a_list_that_has_no_end_is_given_up(paging, rows, asked):
    """Three pages after its own end, beyond 200,000 rows, or at page 1000, which is the last."""
    pages, answer = NumberedPages(), {**links(more=True), "paging": paging}

    def take() -> None:
        pages.add(answer, [f"{pages.page}-{row}" for row in range(rows)])

    for _ in range(asked - 1):
        take()
    with pytest.raises(UnavailableError, match=f"offers another page after page {asked} of a list"):
        take()
