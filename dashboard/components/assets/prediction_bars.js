// What the classifier said: labels with their shares as bars, or with a value that is no share; the explained one in bold.

export default function ({ data, parentElement }) {
  const list = element("ul", { "aria-label": data.label });
  for (const row of data.rows) {
    const line = element("li", { class: row.explained ? "explained" : null }, element("span", { class: "name isolate" }, row.name));
    if (row.share !== null) {
      const fill = element("i");
      fill.style.width = `${(100 * row.share).toFixed(1)}%`;
      line.append(element("span", { class: "bar", "aria-hidden": "true" }, fill));
    } else line.classList.add("bare");
    line.append(element("span", { class: "value" }, row.figure));
    list.append(line);
  }
  rootOf(parentElement).replaceChildren(list, ...(data.note ? [element("p", { class: "note" }, data.note)] : []));
}
