// What the classifier says before and now: two bars a label, the figures, and by how much it moved.

export default function ({ data, parentElement }) {
  const list = element("ul", { "aria-label": data.label, class: "tabular" });
  for (const row of data.rows) {
    const line = element("li", { class: row.explained ? "explained" : null }, element("span", { class: "name isolate" }, row.name));
    if (row.shares) {
      const pair = element("span", { class: "pair", "aria-hidden": "true" });
      row.shares.forEach((share, i) => {
        const fill = element("i");
        fill.style.width = `${(100 * share).toFixed(2)}%`;
        pair.append(element("span", { class: i ? "bar now" : "bar" }, fill));
      });
      line.append(pair);
    } else line.classList.add("bare");
    line.append(element("span", { class: "value" }, `${row.figures[0]} → ${row.figures[1]}`), element("span", { class: "change" }, row.change));
    list.append(line);
  }
  const found = data.found ? [element("p", { class: "found isolate" }, data.found)] : [];
  const verdict = data.verdict ? [element("p", { class: "verdict isolate" }, data.verdict)] : [];
  const says = verdict.length + found.length ? [element("div", { class: "says" }, ...verdict, ...found)] : [];
  rootOf(parentElement).replaceChildren(element("div", { class: "answer" }, list, ...says), element("p", { class: "note" }, data.note));
}
