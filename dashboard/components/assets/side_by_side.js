// Two explanations word under word and their difference, in lines as wide as the place allows.

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  const heads = element("div", { class: "heads" }, ...data.rows.filter((row) => row.head).map((row) => element("div", { class: "head" },
    element("span", { class: "tag" }, row.name), element("b", { class: "isolate" }, row.head), element("small", { class: "isolate" }, row.said))));
  const lines = element("div", { class: "lines" });
  const title = data.title ? [heading(data.title, "", "", data.subtitle)] : [];
  root.replaceChildren(...title, ...(heads.children.length ? [heads] : []), lines, ...legend(data.legend), element("p", { class: "note" }, data.note));

  let drawn = 0;
  const draw = () => {
    const room = root.clientWidth;
    if (!room || room === drawn) return;
    drawn = room;
    const all = table(data, 0, data.difference.cells.length);
    lines.replaceChildren(all); // once in one line, to see how wide each column is
    const widths = [...all.rows[0].cells].map((cell) => cell.getBoundingClientRect().width + 3);
    const parts = breakLines(widths.slice(1), room - widths[0] - 6);
    if (parts.length > 1) lines.replaceChildren(...parts.map(([start, end]) => table(data, start, end)));
  };
  draw();
  const watch = new ResizeObserver(draw);
  watch.observe(root);
  document.fonts?.ready.then(() => { drawn = 0; draw(); });
  return () => watch.disconnect();
}

function breakLines(widths, room) {
  const parts = [];
  let start = 0, used = 0;
  widths.forEach((width, i) => {
    if (used + width > room && i > start) { parts.push([start, i]); start = i; used = 0; }
    used += width;
  });
  return [...parts, [start, widths.length]];
}

function table(data, start, end) {
  const rows = data.rows.map((row) => element("tr", {}, element("th", { scope: "row", class: "tall" }, ...names(row)), ...row.cells.slice(start, end).map((cell) => wordCell(cell, data.scale ?? 1))));
  const name = element("th", { scope: "row", class: "tall" }, ...names({ short: "A−B", ...data.difference }));
  const last = element("tr", { class: "difference" }, name, ...data.difference.cells.slice(start, end).map((value) => differenceCell(value, data.limit)));
  return element("table", { "aria-label": data.label }, element("tbody", {}, ...rows, last));
}

// A row's name, and a shorter one for narrow places.
function names(row) {
  if (!row.short) return [row.name];
  return [element("span", { class: "long" }, row.name), element("span", { class: "short", "aria-hidden": "true" }, row.short)];
}

function legend(data) {
  if (!data) return [];
  const ramp = element("span", { class: `ramp ${data.both ? "both" : "one"}`, "aria-hidden": "true" });
  return [element("div", { class: "legend tabular" }, data.low, ramp, data.high)];
}

function wordCell(cell, scale) {
  if (!cell) return element("td", { "aria-label": "no word" });
  return coloured(element("td", { title: `${cell.word} ${signed(cell.score, true, 2)}`, "aria-label": `${cell.word}, ${signed(cell.score, true, 2)}` }, cell.word), cell.score, scale);
}

function differenceCell(value, limit) {
  if (value === null) return element("td", { class: "blank", "aria-label": "no difference" });
  return coloured(element("td", {}, signed(value, true, 2)), value, limit);
}

function coloured(cell, score, limit) {
  if (paint(cell, score, limit) > 0.12) cell.classList.add(score > 0 ? "plus" : "minus");
  return cell;
}
