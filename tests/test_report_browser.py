"""The report in a headless Chromium: sorting, filtering, opening, keys, colours, print, speed, and hostile names.

With `RETRYLINT_SCREENSHOTS=FOLDER` each test that looks at the page leaves a picture there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import Seen, chromium, opened
from npm import installed

from retrylint.cli import run
from retrylint.engine import FileResult, lint_paths
from retrylint.page.render import environment, render
from retrylint.page.view import page_of
from retrylint.reports.inventory import longest_wait, most_attempts

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
PICTURES = os.environ.get("RETRYLINT_SCREENSHOTS")
LOOP = (
    "import time\n\ndef five():\n    for attempt in range(5):\n        try:\n            return operation()\n"
    "        except OSError:\n            time.sleep(60)\n    raise OSError\n"
)
MANY = 2_000
ROWS = "tbody:not([hidden])"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def results() -> list[FileResult]:
    """What is known of the project's own fixtures."""
    return list(lint_paths([FIXTURES / "sites", FIXTURES / "programs"]))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, results: list[FileResult]) -> Path:
    """The report of at least 120 sites."""
    page = page_of(results, "fixtures")
    assert len(page.rows) >= 120
    return written(tmp_path_factory.mktemp("report") / "retries.html", results)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, results: list[FileResult]) -> Path:
    """The report of a few sites, nested ones among them."""
    some = [result for result in results if "chains" in result.filename or "django" in result.filename]
    return written(tmp_path_factory.mktemp("small") / "some.html", some)


def written(file: Path, results: list[FileResult]) -> Path:
    file.write_text(render(page_of(results, file.stem), environment()), encoding="utf-8")
    return file


@pytest.fixture
def seen(browser: Any, file: Path) -> Iterator[Seen]:
    """The report, on a page that says nothing and asks for nothing."""
    with opened(browser, file) as seen:
        yield seen
        assert seen.said == []
        assert seen.asked_for == [file.as_uri()]


def pictured(page: Any, name: str, **options: Any) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), **options)


def shown(page: Any) -> list[str]:
    """The names of the functions in the rows that are seen, in their order."""
    found: list[str] = page.eval_on_selector_all(f"{ROWS} th .function", "all => all.map(each => each.textContent)")
    return found


def column(page: Any, number: int) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        f"{ROWS} > tr:first-child > :nth-child({number})", "all => all.map(each => each.textContent)"
    )
    return found


def heading(page: Any, words: str) -> Any:
    return page.locator("thead th").filter(has_text=words).first


def sort_by(page: Any, words: str) -> str:
    heading(page, words).get_by_role("button").click()
    told: str = heading(page, words).get_attribute("aria-sort")
    return told


def test_sorting_by_attempts(seen: Seen, results: list[FileResult]) -> None:
    sites = [(result.filename, site) for result in results for site in result.facts.sites]
    ranked = sorted(sites, key=lambda each: (-most_attempts(each[1]), each[0], each[1].span))
    assert sort_by(seen.page, "attempts") == "descending"
    assert shown(seen.page) == [site.function for _, site in ranked]
    assert sort_by(seen.page, "attempts") == "ascending"
    told = [site for _, site in sites if most_attempts(site) >= 0]
    assert column(seen.page, 3)[0] == str(min(site.limit.attempts or 10**9 for site in told))
    assert not any(text[0].isdigit() or text == "unbounded" for text in column(seen.page, 3)[len(told) :])
    assert seen.page.locator("[aria-sort=none]").count() == 4


def test_sorting_by_time_and_place(seen: Seen, results: list[FileResult]) -> None:
    sites = [(result.filename, site) for result in results for site in result.facts.sites]
    assert sort_by(seen.page, "total wait") == "descending"
    assert shown(seen.page) == [
        site.function for _, site in sorted(sites, key=lambda each: (-longest_wait(each[1]), each[0], each[1].span))
    ]
    by_place = [site.function for _, site in sorted(sites, key=lambda each: (each[0], each[1].span))]
    assert sort_by(seen.page, "where") == "ascending"
    assert shown(seen.page) == by_place
    assert sort_by(seen.page, "where") == "descending"
    assert shown(seen.page) == by_place[::-1]


def test_sorting_by_findings_and_kind(seen: Seen) -> None:
    sort_by(seen.page, "findings")
    has = [bool(text.strip()) for text in column(seen.page, 7)]
    assert has == sorted(has, reverse=True)
    assert seen.page.locator(f"{ROWS} .codes").first.locator(".code.error").count()
    sort_by(seen.page, "retried by")
    kinds = column(seen.page, 2)
    assert kinds == sorted(kinds, key=str.casefold)


def test_filters(seen: Seen) -> None:
    page = seen.page
    every = len(shown(page))
    assert page.locator("#count").text_content() == f"{every} sites"
    page.locator("#search").fill("TENACITY oserror")
    fewer = shown(page)
    assert 0 < len(fewer) < every
    assert page.locator("#count").text_content() == f"{len(fewer)} of {every} sites"
    page.get_by_role("button", name="Reset").click()
    assert len(shown(page)) == every
    page.locator("#kind").select_option("Celery")
    assert set(column(page, 2)) == {"Celery"}
    page.locator("#ends").select_option("endless")
    assert set(column(page, 3)) == {"unbounded"}
    page.locator("#search").fill("nothing is called so")
    assert shown(page) == []
    assert page.locator("#none").is_visible()
    page.get_by_role("button", name="Reset").click()
    assert len(shown(page)) == every
    for option in page.locator("#finding option").all():
        page.locator("#finding").select_option(option.get_attribute("value"))
        number = option.text_content().rpartition("(")[2].rstrip(")")
        assert len(shown(page)) == (every if number == "all" else int(number))
    page.locator("#finding").select_option("RTY101 unbounded-recursion")
    assert all("RTY101" in text for text in column(page, 7))


def test_a_filter_stays_while_rows_are_sorted(seen: Seen) -> None:
    seen.page.locator("#kind").select_option("tenacity")
    before = sorted(shown(seen.page))
    sort_by(seen.page, "attempts")
    assert sorted(shown(seen.page)) == before


def test_a_row_opens_and_closes(seen: Seen) -> None:
    page = seen.page
    row = page.locator("tbody").first
    button = row.get_by_role("button").first
    assert not row.locator(".more").is_visible()
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    assert row.get_by_role("img").is_visible()
    assert row.get_by_role("img").bounding_box()["width"] > 900
    row.locator(".more dl").click()  # what was opened may be read, and marked
    assert row.locator(".more").is_visible()
    row.locator("td").first.click()
    assert not row.locator(".more").is_visible()
    assert button.get_attribute("aria-expanded") == "false"
    page.get_by_role("button", name="Open all").click()
    assert page.locator("tbody.open").count() == len(shown(page))
    page.get_by_role("button", name="Close all").click()
    assert page.locator("tbody.open").count() == 0


def test_keys_alone_do_it_all(seen: Seen) -> None:
    page, keys = seen.page, seen.page.keyboard
    keys.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the table"
    keys.press("Enter")
    keys.press("Tab")
    assert page.evaluate("document.activeElement.id") == "search"
    keys.type("process_order")
    assert set(shown(page)) == {"process_order"}
    for _ in range(20):
        keys.press("Tab")
        if page.evaluate("document.activeElement.closest('thead th')?.textContent.trim()") == "attempts":
            break
    keys.press("Enter")
    assert heading(page, "attempts").get_attribute("aria-sort") == "descending"
    keys.press("Space")
    assert heading(page, "attempts").get_attribute("aria-sort") == "ascending"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    for _ in range(3):
        keys.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "false"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    keys.press("Enter")
    assert page.locator("tbody.open").count() == 1
    keys.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "A"  # the page of its rule


def test_links_open_what_they_lead_to(seen: Seen) -> None:
    page = seen.page
    page.locator("#search").fill("nothing is called so")
    link = page.locator(".worst a").first
    target = page.locator(link.get_attribute("href"))
    link.click()
    page.locator("tbody.open").wait_for()
    assert target.locator(".more").is_visible()
    assert page.locator("#search").input_value() == ""
    target.get_by_role("button").first.click()
    assert not target.locator(".more").is_visible()
    link.click()
    assert target.locator(".more").is_visible()
    page.evaluate("location.hash = document.querySelector('details.more .nest').id")
    page.locator(".nest:focus").wait_for()
    assert page.locator(":focus").is_visible()


def test_all_that_never_ends_is_shown_at_a_click(seen: Seen) -> None:
    button = seen.page.locator("[data-show=endless]")
    words = button.text_content()
    button.click()
    assert set(column(seen.page, 3)) == {"unbounded"}
    assert words == f"Show all {len(shown(seen.page))}"


SCHEMES = {"light": "rgb(247, 247, 245)", "dark": "rgb(21, 23, 26)"}
GROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_both_colour_schemes(browser: Any, file: Path, scheme: str) -> None:
    other = "dark" if scheme == "light" else "light"
    with opened(browser, file, color_scheme=scheme) as seen:
        page = seen.page
        pictured(page, scheme)
        page.locator("tbody th button").first.click()
        page.locator("#sites").evaluate("each => each.scrollIntoView()")
        pictured(page, f"{scheme}-open")
        assert page.evaluate(GROUND) == SCHEMES[scheme]
        assert page.locator("#theme").text_content().lower() == other
        page.locator("#theme").click()
        assert page.evaluate(GROUND) == SCHEMES[other]
        page.reload()
        assert page.evaluate(GROUND) == SCHEMES[other]  # as it was left
        assert seen.said == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_that_axe_finds(browser: Any, small: Path, scheme: str, pytestconfig: pytest.Config) -> None:
    axe = installed(pytestconfig, "axe-core@4.10.3") / "axe-core" / "axe.min.js"
    with opened(browser, small, color_scheme=scheme, bypass_csp=True) as seen:
        seen.page.locator("#open").click()
        seen.page.add_script_tag(content=axe.read_text(encoding="utf-8"))
        found = seen.page.evaluate("axe.run(document)")
        assert len(found["passes"]) > 20
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_a_telephone_shows_it_without_scrolling_sideways(browser: Any, file: Path) -> None:
    with opened(browser, file, viewport={"width": 390, "height": 844}) as seen:
        seen.page.locator("tbody th button").first.click()
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
        pictured(seen.page, "phone")
        seen.page.locator("#sites").evaluate("each => each.scrollIntoView()")
        pictured(seen.page, "phone-open")
        assert column(seen.page, 3)
        assert not seen.page.locator("tbody td").first.is_visible()


def test_it_prints(browser: Any, file: Path, tmp_path: Path) -> None:
    with opened(browser, file, color_scheme="dark") as seen:
        seen.page.locator("tbody th button").first.click()
        document = seen.page.pdf(format="A4")
        if PICTURES:
            (Path(PICTURES) / "print.pdf").write_bytes(document)
        assert document.startswith(b"%PDF-")
        assert len(document) > 20_000
        seen.page.emulate_media(media="print")
        assert seen.page.evaluate("getComputedStyle(document.body).colorScheme") == "light"
        assert seen.page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 39)"
        assert not seen.page.locator(".filters").is_visible()
        assert seen.page.locator("tbody.open .more").is_visible()


def test_without_scripts_all_is_open(browser: Any, file: Path) -> None:
    with opened(browser, file, java_script_enabled=False) as seen:
        assert not seen.page.locator(".filters").is_visible()
        assert seen.page.locator("tbody .more").last.is_visible()


# --- speed


def seconds_to_open(browser: Any, file: Path) -> float:
    """Until the table has been set up and drawn."""
    start = time.perf_counter()
    with opened(browser, file) as seen:
        seen.page.locator("html.js #count").wait_for()
        seen.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return time.perf_counter() - start


def test_a_hundred_sites_open_in_two_seconds(browser: Any, file: Path) -> None:
    assert min(seconds_to_open(browser, file) for _ in range(2)) < 2


def test_two_thousand_sites_open_in_three_seconds(browser: Any, results: list[FileResult], tmp_path: Path) -> None:
    sites = sum(len(result.facts.sites) for result in results)
    copies = [
        replace(result, filename=f"copy{number}/{result.filename}")
        for number in range(-(-MANY // sites))
        for result in results
    ]
    many = written(tmp_path / "many.html", copies)
    assert min(seconds_to_open(browser, many) for _ in range(2)) < 3
    with opened(browser, many) as seen:
        sort_by(seen.page, "attempts")
        seen.page.locator("#search").fill("copy3/")
        assert seen.page.locator("#count").text_content().startswith(f"{sites} of ")


@pytest.mark.parametrize(("text", "count"), [("x = 1\n", 0), (LOOP, 1)])
def test_no_site_and_one(browser: Any, tmp_path: Path, text: str, count: int) -> None:
    (tmp_path / "a.py").write_text(text)
    assert run(["report", "--isolated", "--no-cache", "-o", str(tmp_path / "x.html"), str(tmp_path)]) == 0
    with opened(browser, tmp_path / "x.html") as seen:
        pictured(seen.page, f"sites-{count}")
        assert seen.page.locator("tbody").count() == count
        assert seen.page.locator(".empty").count() == (not count)
        seen.page.locator("#theme").click()
        assert seen.said == []


# --- hostile names

HOSTILE = (
    "</script><script>hacked=1</script>.py",
    "<img src=x onerror=hacked=1>.py",
    "\"'><svg onload=hacked=1>.py",
    "{{ hacked }}{% raw %}.py",
    "two\nlines\tand a tab.py",
    "\u202egnp.py",
    "\u2066\u200f\u05d0\u05d1.py",
    "&lt;b&gt;&#0;.py",
    "--><!--.py",
    "\udcff\udcfe.py",
)


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_hostile_names_are_only_text(
    browser: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "<b>a&b"
    folder.mkdir()
    made = 0
    for name in HOSTILE:
        source = LOOP.replace("five", "\u05d0\u05d1\u05d2").replace("operation", "opera\u0301tion")
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(source, encoding="utf-8")
            made += 1
        except (OSError, UnicodeEncodeError):  # a file system that refuses such a name
            assert name.startswith("\udcff")
    assert made >= len(HOSTILE) - 1
    (folder / "<i>x.py").write_text("for x in y:\n    try:\n        a(\n    except OSError:\n        pass\n")
    assert run(["report", "--isolated", "--no-cache", "--select", "ALL", "-o", "x.html", folder.name]) == 0
    with opened(browser, tmp_path / "x.html") as seen:
        page = seen.page
        assert seen.said == []
        assert seen.asked_for == [(tmp_path / "x.html").as_uri()]
        assert page.evaluate("typeof hacked") == "undefined"
        assert page.locator("img, i, script:not(head > script), main svg[onload], section > b").count() == 0
        assert page.title() == "Retries in <b>a&b"
        assert len(shown(page)) == made
        assert set(shown(page)) == {"\u05d0\u05d1\u05d2"}
        places = page.eval_on_selector_all("tbody th .place", "all => all.map(each => each.textContent)")
        assert "<b>a&b/<img src=x onerror=hacked=1>.py:4" in places
        assert "<b>a&b/</script><script>hacked=1</script>.py:4" in places
        assert any(place.startswith("<b>a&b/two\u240alines") for place in places)
        assert "<b>a&b/\ufffdgnp.py:4" in places
        assert "<b>a&b/<i>x.py:3:10" in page.locator(".missed").text_content()
        page.locator("#search").fill("onerror=hacked")
        assert len(shown(page)) == 1
        page.locator("tbody:not([hidden]) button").first.click()
        pictured(page, "hostile", full_page=True)


def test_what_slips_in_cannot_run(browser: Any, file: Path, tmp_path: Path) -> None:
    """Even markup that is not escaped would not run, nor fetch anything."""
    bad = "<img src='https://example.org/x.png' onerror='hacked=1'><script>hacked=1</script><p style='color:red'>x</p>"
    text = file.read_text(encoding="utf-8").replace("<main>", f"<main>{bad}", 1)
    (tmp_path / "x.html").write_text(text, encoding="utf-8")
    with opened(browser, tmp_path / "x.html") as seen:
        assert seen.page.evaluate("typeof hacked") == "undefined"
        assert any("Content Security Policy" in said for said in seen.said)
        assert len(shown(seen.page)) >= 120  # and what belongs there does
