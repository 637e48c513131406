// Labels with their probabilities, most probable first; the class explained is set in bold.

export default function ({ data, parentElement }) {
  const list = element("ul", { "aria-label": data.label });
  for (const row of data.rows) {
    const fill = element("i");
    fill.style.width = `${(100 * row.probability).toFixed(1)}%`;
    list.append(element("li", { class: row.explained ? "explained" : null },
      element("span", { class: "name isolate" }, row.name), element("span", { class: "bar", "aria-hidden": "true" }, fill), element("span", { class: "value" }, row.percent)));
  }
  rootOf(parentElement).replaceChildren(list);
}
