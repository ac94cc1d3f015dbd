"""The page as HTML, by Jinja's templates: every text is escaped, and made visible as a terminal would show it."""

from __future__ import annotations

import math
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from retrylint.errors import UserError
from retrylint.page.contents import Page, counted
from retrylint.reports.pages import HOMEPAGE
from retrylint.reports.table import NO_SITES
from retrylint.reports.terminal import visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = files("retrylint.page") / "templates"
NESTS_SHOWN = 3  # before the reader asks for more


def environment() -> Environment:
    """What makes pages of templates. Raises `UserError` where Jinja is not installed."""
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
    except ModuleNotFoundError as error:
        raise UserError("the report needs Jinja: pip install 'retrylint[report]'") from error
    made = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["path"] = _path
    return made


def render(page: Page, jinja: Environment) -> str:
    """The page as one text that needs nothing else: no other file, and no network."""
    from markupsafe import Markup

    style, script = _template("style.css"), _template("page.js")
    return jinja.get_template("page.html.jinja").render(
        page=page,
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
        shown=NESTS_SHOWN,
        number=_number,
        nothing=NO_SITES,
        homepage=HOMEPAGE,
        counted=counted,
    )


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    """Text as it may be shown; names may hold what turns a line round, or is no text at all."""
    return visible(value) if type(value) is str else value


def _path(name: str) -> Markup:
    """A file's name, which may be broken behind each slash."""
    from markupsafe import Markup, escape

    return Markup("/<wbr>").join(escape(visible(part)) for part in name.split("/"))


def _policy(style: str, script: str) -> str:
    """What a browser may run and load: this style and this script, and nothing from anywhere."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _number(value: float) -> str:
    """As JavaScript reads it."""
    return f"{value:.17g}" if math.isfinite(value) else "Infinity"
