// The head's own words for a place: a list of buttons, each with its probability and what the classifier would say.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const parts = [heading(data.title)];
  if (data.rows.length) {
    const list = element("ol", { "aria-label": data.title });
    list.append(element("li", { class: "head", "aria-hidden": "true" }, ...data.columns.map((name) => element("span", {}, name))));
    data.rows.forEach((row, i) => {
      const said = `${row.word}: ${data.columns[1]} ${row.probability}; ${data.columns[2]} ${row.label} ${row.output}, ${row.change}`;
      const button = element("button", { type: "button", "aria-label": said },
        element("bdi", { class: "word" }, row.word), element("span", { class: "tabular" }, row.probability),
        element("span", { class: "tabular said" }, element("bdi", {}, row.label), " ", element("span", { class: "figure" }, row.output),
          element("small", {}, row.change)));
      button.onclick = () => setTriggerValue("pick", i);
      list.append(element("li", {}, button));
    });
    parts.push(list);
  }
  root.replaceChildren(...parts, element("p", { class: "note" }, data.note));
}
