"""The HTML file: everything in it, and nothing that a browser would have to fetch."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import jinja2
import vl_convert
from markupsafe import Markup

from ringcentral_report.packing import packed

if TYPE_CHECKING:
    from ringcentral_report.facts import Facts

_PAGE = files("ringcentral_report") / "page"
_SCRIPTS = (
    "data", "format", "filter", "figures", "table", "chart", "parts", "pages/overview",
    "pages/missed", "pages/queues", "pages/people", "pages/when", "pages/callers", "pages/archive",
    "main",
)  # fmt: skip
_CHARTS = ("config", "outcomes", "bars", "week", "quarters")
_PAGES = (
    ("overview", "Overview"),
    ("missed", "Missed calls"),
    ("queues", "Queues"),
    ("people", "People"),
    ("when", "When"),
    ("callers", "Callers"),
    ("archive", "Recordings and archive"),
)
# Vega-Lite with the interpreter of its expressions, as the page's policy allows no eval.
_VEGA = 'window.vegaEmbed=vegaEmbed;window.dispatchEvent(new Event("charts"));'


def page(facts: Facts) -> str:
    """Return the page as HTML."""
    style = _palette() + asset("style.css")
    charts = _charts()
    code = "\n".join(asset(f"{name}.js") for name in _SCRIPTS)
    metrics = json.loads(asset("metrics.json"))
    about = {
        **facts.about,
        "metrics": metrics,
        "charts": {name: json.loads(asset(f"charts/{name}.json")) for name in _CHARTS},
    }
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(asset("page.html.jinja")).render(
        policy="; ".join(
            [
                "default-src 'none'",
                f"script-src {_hash(charts)} {_hash(code)}",
                f"style-src {_hash(style)}",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        ),
        style=Markup(style),  # noqa: S704 - our own files
        charts=packed(charts.encode()),
        code=Markup(code),  # noqa: S704 - our own files
        about=_inert(about),
        numbers=facts.pack.text(),
        first=facts.about,
        status=facts.status,
        pages=_PAGES,
        tiles=[
            (name, metrics[name], _value(one), _shown(one, metrics[name]["kind"]))
            for name, one in facts.tiles.items()
        ],
    )


@cache
def _charts() -> str:
    """Return the chart library, which takes seconds to bundle."""
    return str(vl_convert.javascript_bundle(_VEGA))


def _palette() -> str:
    """Return the colours as variables of the style sheet: light, dark, and light in print."""
    palette = json.loads(asset("palette.json"))
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in palette[one].items())
        for one in ("light", "dark")
    )
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}}}\n"
    )


def _value(value: float | None) -> str:
    return "" if value is None else repr(value)


def _shown(value: float | None, kind: str) -> str:
    """Return a figure as text, for readers without scripts."""
    if value is None:
        return "\N{EN DASH}"
    if kind == "share":
        # Almost all is not 100 %, and almost none is not 0 %.
        return f"{min(max(value, 0.001), 0.999) if 0 < value < 1 else value:.1%}"
    return f"{value:,.0f} s" if kind == "seconds" else f"{value:,}"


def asset(name: str) -> str:
    """Return a file of the page."""
    return (_PAGE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _inert(value: object) -> Markup:
    """Return JSON that no parser of HTML takes for the end of its element, or for anything else."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    for one in "<>&":
        text = text.replace(one, f"\\u{ord(one):04x}")
    return Markup(text)  # noqa: S704 - without the characters that mean something
