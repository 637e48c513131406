// Words and what they mean; a box finds among them, and some lead to the step that shows them.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const input = element("input", { type: "search", id: "find", autocomplete: "off", value: root.sought ?? "" });
  const count = element("output", { for: "find", class: "tabular", "aria-live": "polite" });
  const list = element("dl");
  const terms = data.terms.map((term) => {
    const node = element("div", { class: "term" }, element("dt", {}, term.term), element("dd", {}, term.meaning));
    if (term.step !== null) {
      const link = element("button", { type: "button", class: "link" }, term.link);
      link.onclick = () => setTriggerValue("go", term.step);
      node.lastChild.append(" ", link);
    }
    list.append(node);
    return { node, text: `${term.term} ${term.meaning}`.toLowerCase() };
  });
  input.oninput = () => {
    const sought = (root.sought = input.value).trim().toLowerCase();
    let found = 0;
    for (const term of terms) { term.node.hidden = !term.text.includes(sought); found += !term.node.hidden; }
    count.textContent = sought ? data.found.replace("{}", found) : "";
  };
  root.replaceChildren(element("div", { class: "find" }, element("label", { for: "find" }, data.label), input, count), list);
  input.oninput();
}
