"""The inventory of retry sites in the order, the groups and the form that were asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from retrylint.model import LeftOut, RetrySite
from retrylint.reports.documents import sites_document
from retrylint.reports.markdown import heading, left_out_markdown, sites_markdown, text_block
from retrylint.reports.shape import Group, Key, Shape
from retrylint.reports.table import left_out_table, sites_table
from retrylint.reports.traces import trace_text

NO_LIBRARY = "by hand"
Placed = tuple[str, RetrySite]
"""A site with the file that it stands in."""


def inventory(sites: Sequence[Placed], left_out: Sequence[tuple[str, LeftOut]] | None, shape: Shape) -> Iterator[str]:
    """The inventory as texts, one behind the other; groups come with a heading, but in JSON."""
    ordered = in_order(sites, shape.sort)
    if shape.form == "json":
        yield sites_document([each for _, group in groups(ordered, shape.group_by) for each in group], left_out)
        return
    is_markdown = shape.form == "markdown"
    for number, (title, group) in enumerate(groups(ordered, shape.group_by)):
        if title is not None:
            count = f"{len(group)} site{'s' * (len(group) != 1)}"
            above = heading(title, count) if is_markdown else f"{title}: {count}\n"
            yield f"\n{above}" if number else above
        yield sites_markdown(group) if is_markdown else sites_table(group)
    for path, site in ordered:
        if site.trace is not None:
            yield f"\n{text_block(trace_text(path, site)) if is_markdown else trace_text(path, site)}"
    if left_out:
        yield f"\n{left_out_markdown(left_out) if is_markdown else left_out_table(left_out)}"


def in_order(sites: Sequence[Placed], key: Key | None) -> list[Placed]:
    """The sites by path and line, or the worst first: without end, then the most, and last what is not told."""
    if key is None:
        return list(sites)
    ordered = sorted(sites, key=lambda each: (each[0], each[1].span))
    if key == "path":
        return ordered
    measure = most_attempts if key == "attempts" else longest_wait
    return sorted(ordered, key=lambda each: measure(each[1]), reverse=True)


def groups(sites: Sequence[Placed], by: Group | None) -> list[tuple[str | None, list[Placed]]]:
    """The sites of each file, or of each library, in the order in which these first come up."""
    if by is None:
        return [(None, list(sites))]
    found: dict[str, list[Placed]] = {}
    for path, site in sites:
        name = path if by == "module" else site.library.title if site.library is not None else NO_LIBRARY
        found.setdefault(name, []).append((path, site))
    return list(found.items()) or [(None, [])]


def most_attempts(site: RetrySite) -> float:
    """How many executions there are at worst, to sort by: infinite without an end, -1 where it is not told."""
    if site.limit.kind == "unbounded":
        return math.inf
    return -1 if site.limit.attempts is None else site.limit.attempts


def longest_wait(site: RetrySite) -> float:
    """The longest that all waits can take, to sort by: infinite where there is no end to waits that take any time, -1
    where it is not told.
    """
    if site.limit.kind == "unbounded":
        return 0.0 if site.schedule.shape == "none" else math.inf
    return -1 if site.schedule.total is None else site.schedule.total.high
