// One text on which an explanation misleads: what a person reads, what the model says, and the maps.

export default function ({ data, parentElement }) {
  const facts = element("div", { class: "facts" }, ...data.facts.map(([name, value]) => element("span", {}, `${name} `, element("b", { class: "isolate" }, value))));
  const rows = data.rows.map((row) => {
    const list = element("ul", { "aria-label": row.title });
    row.chips.forEach((text, i) => {
      const chip = element("span", { class: "chip", title: row.figures[i] }, text);
      paint(chip, row.shares[i], 1);
      if (Math.abs(row.shares[i]) > 0.12) chip.classList.add(row.shares[i] > 0 ? "plus" : "minus");
      list.append(element("li", {}, chip, element("span", { class: "spoken" }, ` ${row.figures[i]}`)));
    });
    return element("div", { class: "row" }, element("p", { class: "row-title" }, row.title), list);
  });
  const legend = element("div", { class: "legend" }, data.legend[0], element("span", { class: "ramp", "aria-hidden": "true" }), data.legend[1]);
  rootOf(parentElement).replaceChildren(element("blockquote", {}, data.text), facts, ...data.says.map((said) => element("p", {}, ...rich(said))), ...rows, legend,
    element("p", { class: "note" }, element("b", {}, data.read[0]), " ", data.read[1]));
}
