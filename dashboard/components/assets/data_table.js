// A table of words and figures; a row may be picked. Cells are anyone's words: shown, never interpreted.

export default function ({ data, parentElement, setStateValue }) {
  const root = rootOf(parentElement);
  const old = root.querySelector(".scroll");
  const place = old && old.dataset.page === data.page ? [old.scrollLeft, old.scrollTop] : [0, 0];
  const focused = root.getRootNode().activeElement?.dataset?.row;
  const box = element("div", { class: `scroll${data.tall ? " tall" : ""}`, tabindex: "0", role: "region", "aria-label": data.label, "data-page": data.page });
  root.replaceChildren(box);
  if (!data.rows.length) return box.append(element("p", { class: "empty" }, data.empty));
  const head = element("tr", {}, ...data.columns.map((column) => element("th", { scope: "col", class: column.kind, title: column.help }, column.name)));
  const body = element("tbody");
  for (const row of data.rows) {
    const shown = row.id === data.selected;
    const line = element("tr", { class: `${data.pickable ? "pickable" : ""}${shown ? " shown" : ""}` }, ...row.cells.map((cell, i) => cellOf(cell, data.columns[i], row, i, data)));
    if (data.pickable) line.onclick = () => setStateValue("pick", row.id);
    body.append(line);
  }
  box.append(element("table", { class: data.wide ? "wide" : null, "aria-label": data.label }, element("thead", {}, head), body));
  [box.scrollLeft, box.scrollTop] = place;
  if (focused !== undefined) [...root.querySelectorAll("button")].find((button) => button.dataset.row === focused)?.focus({ preventScroll: true });
}

function cellOf(cell, column, row, i, data) {
  if (i === 0) {
    const name = String(cell);
    const held = data.pickable ? element("button", { type: "button", "data-row": row.id, "aria-pressed": String(row.id === data.selected), "aria-label": row.name }, element("bdi", {}, name)) : element("bdi", {}, name);
    return element("th", { scope: "row", class: column.kind }, held);
  }
  const td = element("td", { class: column.kind });
  if (column.kind === "verdict") {
    if (cell) { td.classList.add(cell); td.append(element("i", { "aria-hidden": "true" }, cell === "right" ? "✓" : "✗"), data.verdicts[cell]); }
  } else if (column.kind === "words") {
    td.append(element("div", { class: "chips" }, ...cell.map(([word, share]) => chip(word, share))));
  } else if (column.kind === "text" || column.kind === "name" || column.kind === "long") {
    td.append(element("div", { dir: "auto", title: column.kind === "name" ? cell : null }, cell));
  } else if (column.kind === "before" || column.kind === "hit" || column.kind === "after") {
    td.append(element("bdi", {}, cell));
  } else {
    td.append(String(cell));
  }
  return td;
}

// `share`: the word's score as a part of the row's largest one.
function chip(word, share) {
  const node = element("span", { class: `chip ${share < 0 ? "minus" : "plus"}`, title: `${word}: ${share < 0 ? "against" : "for"}` }, word);
  paint(node, share, 1);
  return node;
}
