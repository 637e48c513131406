// The trail: the original and every edit in order, each a button that goes back to it.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const focused = root.getRootNode().activeElement?.dataset?.step;
  const list = element("ol", { "aria-label": data.label });
  data.steps.forEach((step, i) => {
    const number = i ? [element("span", { class: "number", "aria-hidden": "true" }, String(i))] : [];
    const button = element("button", { type: "button", "data-step": i, "aria-current": i === data.at ? "step" : null, class: i > data.at ? "undone" : null, title: step.said },
      ...number, element("bdi", { class: "said" }, step.said), element("span", { class: "figure tabular isolate" }, step.figure));
    button.onclick = () => setTriggerValue("step", i);
    list.append(element("li", {}, button));
  });
  root.replaceChildren(heading(data.title), list);
  if (focused !== undefined) list.querySelectorAll("button")[data.at]?.focus({ preventScroll: true });
}
