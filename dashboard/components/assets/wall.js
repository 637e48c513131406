// Methods × words: a grid of one tab stop, moved through with the arrow keys; a name opens the method's card.

const CLIP = 13;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const active = root.getRootNode().activeElement?.dataset;
  // A word chosen here a moment ago wins over an older answer of the server, until the server has caught up.
  if (root.pending === data.selected || root.question !== data.question) root.pending = undefined;
  root.question = data.question;
  const state = { word: root.pending ?? data.selected };
  const inside = (word) => word >= data.start && word < data.start + data.words.length;

  const lines = data.rows.map((row, number) => lineOf(row, number, data));
  const head = headOf(data);
  const columns = element("colgroup", {}, element("col", { class: "name" }), ...data.words.map(() => element("col", { class: "word" })),
    element("col"), ...["value", "phi", "cost", "trust"].map((name) => element("col", { class: name })));
  const table = element("table", { role: "grid", "aria-label": data.label }, columns, head.node, element("tbody", {}, ...lines.map((line) => line.node), ...toCome(data)));
  size(table, columns, data.words.length);
  const scroll = element("div", { class: "scroll" }, table);
  const left = root.querySelector(".scroll")?.scrollLeft ?? 0;
  const show = (word) => {
    state.word = word;
    lines.forEach((line) => line.select(word, data));
    head.select(word, data);
  };
  show(state.word);
  root.replaceChildren(heading(data.title, "", "", data.subtitle), scroll, ...pagerOf(data, setTriggerValue), legendsOf(data),
    ...data.notes.map((note) => element("p", { class: "note" }, note)));
  scroll.scrollLeft = left;

  const stops = () => [...table.querySelectorAll("[data-row]")];
  const stopAt = (row, column) => table.querySelector(`[data-row="${row}"][data-column="${column}"]`);
  const enter = (node, focus) => {
    if (!node) return;
    stops().forEach((other) => (other.tabIndex = -1));
    node.tabIndex = 0;
    if (focus) node.focus({ preventScroll: !focus.scroll });
  };
  const first = stopAt(0, inside(state.word) ? state.word : data.start) ?? stops()[0];
  const was = active?.row === undefined ? null : stopAt(active.row, active.column === "name" ? "name" : state.word);
  enter(was ?? first, was && {});

  const choose = (word) => {
    if (word < 0 || word >= data.total) return;
    root.pending = word;
    if (inside(word)) show(word);
    setTriggerValue("word", word);
  };
  table.onclick = (event) => {
    const stop = event.target.closest?.("[data-row]");
    if (!stop) return;
    enter(stop, { scroll: false });
    if (stop.dataset.column === "name") setTriggerValue("card", stop.dataset.method);
    else choose(Number(stop.dataset.column));
  };
  table.onkeydown = (event) => {
    const stop = event.target.closest?.("[data-row]");
    if (!stop) return;
    const row = Number(stop.dataset.row);
    const isName = stop.dataset.column === "name";
    const to = target(event.key, row, isName, Number(stop.dataset.column), data);
    if (!to) return;
    event.preventDefault();
    if (to.word !== undefined && !inside(to.word)) return choose(to.word); // the server sends the next words
    enter(stopAt(to.row, to.word ?? "name") ?? stopAt(to.row, "name"), { scroll: true });
    if (to.word !== undefined && to.word !== state.word) choose(to.word);
  };
}

// Grey rows in the place of those that are being computed.
function toCome(data) {
  return Array.from({ length: data.to_come ?? 0 }, () =>
    element("tr", { class: "to-come", role: "presentation", "aria-hidden": "true" }, element("td", { colspan: data.words.length + 6 }, element("div"))));
}

// Where a key leads from a cell: {row, word}, or {row} for its name.
function target(key, row, isName, column, data) {
  const last = data.start + data.words.length - 1;
  if (key === "ArrowUp" || key === "ArrowDown") {
    const next = row + (key === "ArrowUp" ? -1 : 1);
    return data.rows[next] ? { row: next, word: isName ? undefined : column } : null;
  }
  if (key === "Home") return { row };
  if (key === "End") return { row, word: last };
  if (key === " " || key === "Enter") return isName ? null : { row, word: column };
  if (key === "ArrowRight") return isName ? { row, word: data.start } : column + 1 < data.total ? { row, word: column + 1 } : null;
  if (key === "ArrowLeft" && !isName) return column === data.start && !data.start ? { row } : { row, word: column - 1 };
  return null;
}

function classes(...names) {
  return names.filter(Boolean).join(" ") || null;
}

function clip(word, length) {
  return word.length > length ? word.slice(0, length - 1) + "…" : word;
}

// Columns of words share what room there is, between the width of a fingertip and that of a short word.
function size(table, columns, count) {
  const fixed = "(var(--name) + var(--value) + var(--phi) + var(--cost) + var(--trust) + 36px)";
  const width = `clamp(24px, (100cqi - ${fixed}) / ${Math.max(count, 1)}, 52px)`;
  columns.querySelectorAll(".word").forEach((column) => (column.style.width = width));
  table.style.minWidth = `calc(${fixed} + ${count} * 24px)`;
}

function headOf(data) {
  const words = data.words.map((word, column) => element("th", {
    role: "columnheader", scope: "col", title: word, class: classes("word", data.start + column === data.second && "second"),
  }, element("span", {}, clip(word, CLIP))));
  const value = element("th", { role: "columnheader", scope: "col", class: "value" });
  const node = element("thead", {}, element("tr", { role: "row" },
    element("th", { role: "columnheader", scope: "col", class: "name" }, "method"), ...words, element("th", { role: "presentation" }), value,
    element("th", { role: "columnheader", scope: "col", class: "phi", title: data.unit }, "faithfulness φ"),
    element("th", { role: "columnheader", scope: "col", class: "cost", title: "rows of model passes that the method asked for, and its time" }, "cost"),
    element("th", { role: "columnheader", scope: "col", class: "trust", title: "figures that say how far a map can be trusted" }, "trust")));
  const select = (word) => {
    words.forEach((th, column) => th.classList.toggle("selected", data.start + column === word));
    value.replaceChildren("score of ", element("bdi", {}, clip(data.words[word - data.start] ?? "", CLIP)));
  };
  return { node, select };
}

function lineOf(row, number, data) {
  const name = element("button", { type: "button", tabindex: -1, "data-row": number, "data-column": "name", "data-method": row.method, title: `What ${row.label} is` }, row.label);
  const node = element("tr", { role: "row", class: classes(number === 0 && row.where && "first", row.floor && "floor"), "data-name": row.method });
  const header = element("th", { role: "rowheader", scope: "row", class: "name" }, name);
  if (row.where || row.experimental) header.append(element("small", {}, [row.where, row.experimental && "experimental"].filter(Boolean).join(", ")));
  node.append(header);
  if (row.refused !== undefined) {
    node.append(element("td", { role: "gridcell", class: "refused", colspan: data.words.length + 5 }, element("span", {}, row.refused)));
    return { node, select: () => {} };
  }
  if (row.phi !== null) header.append(element("small", { class: "short", "aria-hidden": "true" }, `φ ${row.phi}`));
  const cells = row.scores.map((score, column) => {
    const word = data.words[column];
    const cell = element("td", {
      role: "gridcell", tabindex: -1, "data-row": number, "data-column": data.start + column, class: classes("word", data.start + column === data.second && "second"),
      "aria-label": `${word}, ${row.label}, ${spoken(score, row.signed)}`, title: `${word} · ${row.label} · ${signed(score, row.signed, 4)} ${row.unit}`,
    }, element("div"));
    const share = paint(cell.firstChild, score, row.limit);
    if (row.signed && share > 0.12) cell.firstChild.classList.add(score > 0 ? "plus" : "minus");
    return cell;
  });
  const value = element("td", { role: "gridcell", class: "value" });
  node.append(...cells, element("td", { role: "presentation" }), value, phiOf(row), element("td", { role: "gridcell", class: "cost", title: row.cost }, row.rows, element("small", {}, row.time)), trustOf(row));
  const select = (word) => {
    cells.forEach((cell, column) => {
      const isIt = data.start + column === word;
      cell.classList.toggle("selected", isIt);
      cell.setAttribute("aria-selected", String(isIt));
    });
    const score = row.scores[word - data.start];
    if (score === undefined) return value.replaceChildren();
    value.title = row.signed ? `${row.unit}; ranked by size, whatever the sign` : row.unit;
    value.replaceChildren(signed(score, row.signed), element("small", {}, `rank ${row.ranks[word - data.start]}${data.total < 100 ? " of " : "/"}${data.total}`));
  };
  return { node, select };
}

function phiOf(row) {
  const cell = element("td", { role: "gridcell", class: "phi" });
  if (row.phi === null) return cell;
  const fill = element("i", { class: row.bar < 0 ? "below" : null });
  fill.style.width = `${(100 * Math.abs(row.bar)).toFixed(1)}%`;
  cell.append(element("div", {}, element("b", {}, row.phi), element("span", { class: "bar", "aria-hidden": "true" }, fill)));
  return cell;
}

const MARKS = { good: "✓ ", poor: "▲ ", failed: "✕ ", plain: "" };

function trustOf(row) {
  const list = row.badges.map((badge) => element("span", { class: `badge ${badge.kind}`, title: badge.title },
    element("span", { "aria-hidden": "true" }, MARKS[badge.kind] ?? ""), badge.text));
  return element("td", { role: "gridcell", class: "trust" }, element("div", { class: "badges" }, ...list));
}

function legendsOf(data) {
  const bar = (low, kind, high) => element("span", { class: "scale" }, low, element("span", { class: `ramp ${kind}`, "aria-hidden": "true" }), high);
  const kinds = new Set(data.rows.filter((row) => row.scores).map((row) => row.signed));
  const legends = element("div", { class: "legends tabular" });
  if (kinds.has(true)) legends.append(bar(`${data.low} −100 %`, "both", `${data.high} +100 % of the row's largest score`));
  if (kinds.has(false)) legends.append(bar("without a sign: 0 %", "one", "100 %"));
  return legends;
}

function pagerOf(data, setTriggerValue) {
  const end = data.start + data.words.length;
  if (data.words.length === data.total) return [];
  const go = (label, word) => {
    const button = element("button", { type: "button", class: "link" }, label);
    button.onclick = () => setTriggerValue("word", word);
    return button;
  };
  const bar = element("div", { class: "pager" });
  if (data.start > 0) bar.append(go("‹ earlier words", data.start - 1));
  bar.append(`words ${data.start + 1}–${end} of ${data.total}`);
  if (end < data.total) bar.append(go("later words ›", end));
  return [bar];
}
