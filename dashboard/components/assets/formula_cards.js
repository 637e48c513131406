// A card for every method: what it is in a sentence, its formula, and where it comes from; a box finds among them.

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  const input = element("input", { type: "search", id: "find", autocomplete: "off", value: root.sought ?? "" });
  const count = element("output", { for: "find", class: "tabular", "aria-live": "polite" });
  const cards = [];
  const groups = data.groups.map((group) => {
    const grid = element("div", { class: "cards" }), section = element("section", {}, element("h2", {}, group.name), grid);
    for (const card of group.cards) {
      const list = element("dl");
      for (const [name, value] of card.lines) list.append(element("dt", {}, name), element("dd", {}, ...linked(value)));
      const node = element("article", {}, element("h3", {}, card.title), element("p", {}, card.explanation), element("div", { class: "formula" }, element("bdi", {}, ...raised(card.formula))), list);
      grid.append(node);
      cards.push({ node, section, text: [card.title, card.explanation, ...card.lines.flat()].join(" ").toLowerCase() });
    }
    return section;
  });
  input.oninput = () => {
    const sought = (root.sought = input.value).trim().toLowerCase();
    let found = 0;
    for (const section of groups) section.hidden = true;
    for (const card of cards) {
      card.node.hidden = !card.text.includes(sought);
      if (!card.node.hidden) { found += 1; card.section.hidden = false; }
    }
    count.textContent = data.found.replace("{}", found);
  };
  root.replaceChildren(element("div", { class: "find" }, element("label", { for: "find" }, data.label), input, count), ...groups);
  input.oninput();
}

// The numbers of papers on arXiv lead there.
function linked(text) {
  return text.split(/(arXiv \d{4}\.\d{4,5})/).map((part, i) => {
    if (i % 2 === 0) return part;
    return element("a", { href: `https://arxiv.org/abs/${part.slice(6)}`, target: "_blank", rel: "noopener noreferrer" }, part);
  });
}

// A formula as it is typed, `s_j^l`, with what hangs on _ and ^ set low and high.
function raised(formula) {
  return formula.split(/([_^](?:\{[^}]*\}|[\p{L}\p{N}]+))/u).map((part, i) => (i % 2 ? element(part[0] === "_" ? "sub" : "sup", {}, part.slice(1).replace(/[{}]/g, "")) : part));
}
