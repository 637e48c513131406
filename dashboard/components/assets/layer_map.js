// Layers × words: a grid of one tab stop, moved through with the arrow keys; the deepest layer is on top.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const active = root.getRootNode().activeElement;
  const hadFocus = active?.dataset?.cell !== undefined;
  // A cell chosen here a moment ago wins over an older answer of the server, until the server has caught up.
  const answer = [data.layer, data.selected].join();
  if (root.pending === answer || root.question !== data.question) root.pending = undefined;
  root.question = data.question;
  const current = root.pending ?? answer;

  const cells = new Map();
  const body = element("tbody");
  for (const row of data.rows) {
    const shown = row.layer === Number(current.split(",")[0]);
    const line = element("tr", { role: "row", class: shown ? "shown" : "" });
    line.append(element("th", { role: "rowheader", scope: "row", class: `row${shown ? " shown" : ""}${row.trusted ? "" : " untrusted"}`, title: row.title }, row.label));
    row.scores.forEach((score, column) => {
      const unit = data.start + column;
      const id = [row.layer, unit].join();
      const cell = element("td", {
        role: "gridcell", tabindex: -1, "data-cell": id, "aria-selected": String(id === current), class: classes(id === current && "selected", unit === data.second && "second"),
        "aria-label": `${data.words[column]}${data.second !== null && unit >= data.second ? ", second text" : ""}, ${row.name}, ${said(score, data)}`, title: `${data.words[column]} · ${row.name} · ${score === null ? data.none : `${signed(score, data.signed, 4)} ${data.unit}`}`,
      }, element("div"));
      if (score === null) cell.classList.add("none");
      else paint(cell.firstChild, score, row.limit);
      cells.set(id, cell);
      line.append(cell);
    });
    body.append(line);
  }
  const last = element("tr", { role: "row" }, element("th", { class: "row", role: "presentation" }));
  data.words.forEach((word, column) => last.append(element("th", {
    role: "columnheader", scope: "col", title: word, class: classes("word", data.start + column === Number(current.split(",")[1]) && "selected", data.start + column === data.second && "second"),
  }, element("span", {}, word.length > 13 ? word.slice(0, 12) + "…" : word))));
  body.append(last);

  const table = element("table", { role: "grid", "aria-label": data.label, class: data.small ? "small" : null }, body);
  table.style.setProperty("--columns", data.words.length);
  table.style.setProperty("--rows", data.rows.length);
  const scroll = element("div", { class: "scroll" }, table);
  const left = root.querySelector(".scroll")?.scrollLeft ?? 0;
  root.replaceChildren(heading(data.title, "", "", data.subtitle), scroll, ...pager(data, setTriggerValue), element("p", { class: "note" }, data.note));
  scroll.scrollLeft = left;

  const entry = cells.get(current) ?? cells.values().next().value;
  if (entry) entry.tabIndex = 0;
  if (hadFocus) entry?.focus({ preventScroll: true });

  const choose = (layer, unit) => {
    root.pending = [layer, unit].join();
    const next = cells.get(root.pending);
    if (next) {
      cells.forEach((cell) => { cell.tabIndex = -1; cell.setAttribute("aria-selected", "false"); cell.classList.remove("selected"); });
      next.tabIndex = 0; next.setAttribute("aria-selected", "true"); next.classList.add("selected"); next.focus();
      body.querySelectorAll("tr").forEach((line) => line.classList.toggle("shown", line === next.parentElement));
    }
    setTriggerValue("cell", [layer, unit]);
  };
  table.onclick = (event) => {
    const cell = event.target.closest?.("[data-cell]");
    if (cell) choose(...cell.dataset.cell.split(",").map(Number));
  };
  table.onkeydown = (event) => {
    const cell = event.target.closest?.("[data-cell]");
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowUp: [1, 0], ArrowDown: [-1, 0] }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    const [layer, unit] = cell.dataset.cell.split(",").map(Number);
    const to = [layer + step[0], unit + step[1]];
    if (to[0] >= 0 && to[0] < data.rows.length && to[1] >= 0 && to[1] < data.total) choose(...to);
  };
}

// A cell in words. `data.what` names what the figures are where that is not the saliency itself; `data.none` is said of a cell without one.
function said(score, data) {
  return score === null ? data.none : spoken(score, data.signed).replace("saliency", data.what ?? "saliency");
}

function classes(...names) {
  return names.filter(Boolean).join(" ") || null;
}

function pager(data, setTriggerValue) {
  const end = data.start + data.words.length;
  if (data.words.length === data.total) return [];
  const go = (label, unit) => {
    const button = element("button", { type: "button", class: "link" }, label);
    button.onclick = () => setTriggerValue("cell", [data.layer, unit]);
    return button;
  };
  const bar = element("div", { class: "pager" });
  if (data.start > 0) bar.append(go("‹ earlier", data.start - 1));
  bar.append(`${data.start + 1}–${end} of ${data.total}`);
  if (end < data.total) bar.append(go("later ›", end));
  return [bar];
}
