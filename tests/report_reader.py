"""Reads the report in a browser, and compares what it says with what happened."""

from __future__ import annotations

import figures


class Reader:
    """Somebody who looks at the report, and hears what the browser complains of."""

    def __init__(self, browser, file, **screen):
        self.file = file
        self.complaints: list[str] = []
        self.requests: list[str] = []
        context = browser.new_context(locale="en-US", **screen)
        self.page = context.new_page()
        self.page.on("console", lambda one: self.complaints.append(one.text))
        self.page.on("pageerror", lambda one: self.complaints.append(str(one)))
        self.page.on("dialog", lambda one: self.complaints.append(one.message))
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("html[data-ready]")

    def turn_to(self, name):
        self.page.click(f"nav a[href='#{name}']")
        self.page.wait_for_selector(f"nav a[href='#{name}'][aria-current]")

    def choose(self, **filters):
        for name, label in filters.items():
            self.page.select_option(f"[name={name}]", label=label)

    def tiles(self, page="overview"):
        """Return the figures of a page, by metric."""
        found = self.page.eval_on_selector_all(
            f"#{page} .tile", "all => all.map(one => [one.dataset.metric, one.dataset.value])"
        )
        return {name: float(value) if value else None for name, value in found}

    def rows(self, page, place=0):
        """Return the figures of a page's table by the name of the row, all of its rows."""
        if (
            more := self.page.locator(f"#{page} .table").nth(place).get_by_text("Show all")
        ).is_visible():
            more.click()
        found = (
            self.page.locator(f"#{page} .table")
            .nth(place)
            .locator("tbody tr")
            .evaluate_all(
                """all => all.map(row => [row.querySelector('th').textContent,
              [...row.querySelectorAll('[data-metric]')].map(
                one => [one.dataset.metric.split('.')[1], one.dataset.value])])"""
            )
        )
        return {
            name: {metric: float(value) if value else None for metric, value in values}
            for name, values in found
        }

    def listed(self):
        """Return the missed calls as the page lists them, all of them."""
        if (more := self.page.locator("#missed").get_by_text("Show all")).is_visible():
            more.click()
        return self.page.locator("#missed tbody tr").evaluate_all(
            """all => {
              const {base} = JSON.parse(document.getElementById("about").textContent);
              const number = (text) => text === "" ? null : Number(text);
              return all.map((row) => {
                const of = (name) =>
                  row.querySelector(`[data-metric="missed.${name}"]`).dataset.value;
                return {
                  caller: row.querySelector("th").textContent,
                  state: of("state"),
                  figures: {
                    at: Date.parse(`${base}T00:00:00Z`) / 1000 + number(of("at")),
                    callback_minutes: number(of("callback_minutes")),
                    through_seconds: number(of("through_seconds")),
                  },
                };
              });
            }"""
        )


def same_missed(found, wanted):
    """Compare listed calls, in any order."""
    assert wanted
    assert len(found) == len(wanted)
    in_order = [sorted(some, key=_place) for some in (found, wanted)]
    for one, other in zip(*in_order, strict=True):
        assert (one["caller"], one["state"]) == (other["caller"], other["state"])
        same(one["figures"], other["figures"])


def _place(call):
    return call["figures"]["at"], call["caller"], call["state"]


def same(found, wanted):
    """Compare figures: half a thousandth may be rounded either way."""
    assert found.keys() == wanted.keys()
    wrong = [
        f"{name}: {found[name]} instead of {value}"
        for name, value in wanted.items()
        if (found[name] is None) != (value is None)
        or (value is not None and abs(found[name] - value) > 0.0015)
    ]
    assert not wrong, wrong
    figures.count("report: values compared with the truth", len(wanted))


def same_rows(found, wanted):
    """Compare the figures of rows."""
    assert wanted
    assert found.keys() == wanted.keys()
    for name, row in wanted.items():
        same(found[name], row)
