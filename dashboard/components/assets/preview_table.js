// The first rows of a file. Names and cells are anyone's words: shown, never interpreted.

export default function ({ data, parentElement }) {
  const head = element("tr", {}, element("th", { scope: "col", class: "number" }, element("small", {}, "row")),
    ...data.columns.map((column) => element("th", { scope: "col", class: column.role ? "taken" : "" },
      element("small", {}, column.role), element("span", { class: "isolate" }, column.name))));
  const rows = data.rows.map((row) => element("tr", {}, element("th", { scope: "row", class: "number" }, String(row.number)), ...cellsOf(row, data.columns)));
  const table = element("table", { "aria-label": data.title }, element("thead", {}, head), element("tbody", {}, ...rows));
  const notes = data.notes.map((note) => element("p", { class: "note isolate" }, note));
  rootOf(parentElement).replaceChildren(element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": data.title }, table), ...notes);
}

function cellsOf(row, columns) {
  if (row.refused) return [element("td", { class: "refused", colspan: columns.length }, row.refused)];
  return row.cells.map((cell, i) => element("td", { class: columns[i].role ? "taken" : "" }, element("div", {}, cell)));
}
