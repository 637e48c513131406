// The question at the end of a step: the server checks the answer and says why.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const focused = root.getRootNode().activeElement?.dataset?.i;
  const options = data.options.map((text, i) => {
    const isChosen = i === data.chosen, isRight = isChosen && data.isRight;
    const mark = element("span", { class: "mark", "aria-hidden": "true" }, isChosen ? (isRight ? "✓" : "✕") : "");
    const node = element("button", { type: "button", class: `option${isChosen ? " chosen" : ""}${isRight ? " right" : ""}`, "data-i": i, "aria-pressed": String(isChosen) }, mark, element("span", { class: "isolate" }, text));
    node.onclick = () => setTriggerValue("answer", i);
    return node;
  });
  let verdict = root.querySelector(".verdict"); // kept, so that a change of it is read out
  if (!verdict) verdict = element("p", { class: "verdict", role: "status", "aria-live": "polite" });
  verdict.replaceChildren(...(data.verdict ? [element("b", {}, data.verdict), " ", ...rich(data.because)] : []));
  const group = element("div", { class: "options", role: "group", "aria-label": data.title }, ...options);
  const before = [element("h3", {}, data.title), element("p", { class: "prompt" }, ...rich(data.prompt)), group];
  for (const child of [...root.children]) if (child !== verdict) child.remove();
  if (verdict.parentNode !== root) root.append(verdict);
  verdict.before(...before);
  if (focused !== undefined) options[Number(focused)]?.focus({ preventScroll: true });
}
