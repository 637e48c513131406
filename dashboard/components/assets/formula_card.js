// One method: its explanation in a sentence, then formula, sign, unit, cost and source.

export default function ({ data, parentElement }) {
  const list = element("dl");
  for (const [name, value] of data.rows) list.append(element("dt", {}, name), element("dd", { class: name }, value));
  rootOf(parentElement).replaceChildren(element("p", {}, data.explanation), list);
}
