// The card of a model: what it is, in figures with their units, and a line on what each of them means.

export default function ({ data, parentElement }) {
  const list = element("dl");
  for (const [name, value, meaning] of data.rows) {
    const said = element("dd", {}, element("bdi", {}, value));
    if (meaning) said.append(element("small", {}, meaning));
    list.append(element("dt", {}, name), said);
  }
  // It may be longer than the window: in focus, the arrow keys scroll it.
  const card = element("div", { tabindex: "0", role: "group", "aria-label": data.label }, heading(data.title), list);
  rootOf(parentElement).replaceChildren(card);
}
