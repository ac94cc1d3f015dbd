"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const stored = {
    get: () => { try { return localStorage.getItem("retrylint-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("retrylint-theme", value); } catch { /* it holds for this page */ } },
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const asked = stored.get();
  if (asked === "dark" || asked === "light") root.dataset.theme = asked;
  const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

  function theme() {
    const button = document.getElementById("theme");
    const say = () => { button.textContent = isDark() ? "Light" : "Dark"; };
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      stored.set(root.dataset.theme);
      say();
    });
    system.addEventListener("change", say);
    say();
  }

  function sites() {
    const table = document.getElementById("table");
    if (!table) return;
    const rows = [...table.tBodies];
    const form = document.querySelector(".filters");
    const [search, kind, ends, finding, count, none] =
      ["search", "kind", "ends", "finding", "count", "none"].map((id) => document.getElementById(id));
    const texts = new Map();
    const collator = new Intl.Collator("en", { numeric: true });

    // What a row opens stands in a <noscript>: plain text as long as nobody asks for it, which is fast to load.
    const marks = { "&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'", "&amp;": "&" };
    const plain = (html) => html.replace(/<[^>]*>/g, " ").replace(/&(lt|gt|amp|#34|#39);/g, (mark) => marks[mark]);
    const textOf = (row) => {
      if (!texts.has(row)) {
        const held = row.querySelector("noscript");
        texts.set(row, (row.rows[0].textContent + plain(held ? held.textContent : "")).toLowerCase());
      }
      return texts.get(row);
    };
    const open = (row, is) => {
      const held = is && row.querySelector("noscript");
      if (held) {
        textOf(row);
        held.parentElement.innerHTML = held.textContent;
      }
      row.classList.toggle("open", is);
      row.querySelector("[aria-expanded]").setAttribute("aria-expanded", String(is));
    };

    function filter() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const codes = row.dataset.codes;
        const fits =
          (!kind.value || row.dataset.kind === kind.value) &&
          (!ends.value || row.dataset.ends === ends.value) &&
          (!finding.value || (finding.value === "+" ? codes : finding.value === "-" ? !codes : codes.split("|").includes(finding.value))) &&
          words.every((word) => textOf(row).includes(word));
        row.hidden = !fits;
        shown += fits;
      }
      const all = rows.length.toLocaleString("en");
      const sites = rows.length === 1 ? "site" : "sites";
      count.textContent = shown === rows.length ? `${all} ${sites}` : `${shown.toLocaleString("en")} of ${all} ${sites}`;
      none.hidden = shown > 0;
    }

    function reset() {
      form.reset();
      filter();
    }

    function sort(button) {
      const heading = button.closest("th");
      const key = button.dataset.key;
      const worstFirst = key !== "place" && key !== "kind";
      const before = heading.getAttribute("aria-sort");
      const down = before === "none" ? worstFirst : before === "ascending";
      for (const each of table.querySelectorAll("[aria-sort]")) each.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const place = (row) => Number(row.dataset.place);
      const number = (row) => Number(row.dataset[key]);
      const untold = (row) => (key === "kind" ? 0 : Number(number(row) < 0));
      const compare = (one, other) => {
        if (key === "kind") return collator.compare(one.dataset.kind, other.dataset.kind);
        const [a, b] = [number(one), number(other)];
        return a === b ? 0 : a < b ? -1 : 1;
      };
      rows.sort((one, other) =>
        untold(one) - untold(other) || (down ? -1 : 1) * compare(one, other) || place(one) - place(other));
      table.append(...rows);
    }

    /** Opens what the address names; a browser itself only goes to what is seen already. */
    function show() {
      const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
      const around = target?.closest("details:not([open])");
      if (around) around.open = true;
      if (rows.includes(target)) {
        if (target.hidden) reset();
        open(target, true);
        target.querySelector("button").focus({ preventScroll: true });
        target.scrollIntoView({ block: "center" });
      } else if (around) {
        target.focus({ preventScroll: true });
        target.scrollIntoView();
      }
    }

    table.tHead.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) sort(button);
    });
    table.addEventListener("click", (event) => {
      const row = event.target.closest("tbody");
      if (!row || event.target.closest("a, .more")) return;
      if (!event.target.closest("button") && String(getSelection())) return; // the text of a row is being marked
      open(row, !row.classList.contains("open"));
    });
    for (const button of document.querySelectorAll("[data-show]")) {
      button.addEventListener("click", () => {
        reset();
        ends.value = button.dataset.show;
        filter();
        document.getElementById("sites").focus();
      });
    }
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    document.getElementById("clear").addEventListener("click", reset);
    const each = (is) => () => rows.filter((row) => !row.hidden).forEach((row) => open(row, is));
    document.getElementById("open").addEventListener("click", each(true));
    document.getElementById("close").addEventListener("click", each(false));
    addEventListener("hashchange", show);
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      if (link && link.hash === location.hash) show(); // once more: the address does not change
    });
    filter();
    show();
  }

  addEventListener("DOMContentLoaded", () => { theme(); sites(); });
})();
