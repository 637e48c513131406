// One method in full: its explanation in a sentence, then lists of names and values under their titles.

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  root.replaceChildren(element("p", {}, data.explanation));
  for (const part of data.parts) {
    if (part.title) root.append(element("h3", {}, part.title));
    if (part.lines.some(([name]) => !name)) {
      root.append(...part.lines.map(([, value]) => element("p", {}, value)));
      continue;
    }
    const list = element("dl");
    for (const [name, value] of part.lines) list.append(element("dt", {}, name), element("dd", { class: name === "formula" ? "formula" : null }, element("bdi", {}, value)));
    root.append(list);
  }
}
