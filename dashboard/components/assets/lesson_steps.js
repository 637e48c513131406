// The list of steps, with how many of their questions are answered; where there is no room for titles, a row of numbers.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const focused = root.getRootNode().activeElement?.dataset?.i;
  const fill = element("i");
  fill.style.width = `${(100 * data.solved.length) / data.titles.length}%`;
  const list = element("ol");
  data.titles.forEach((title, i) => {
    const isSolved = data.solved.includes(i);
    const number = element("span", { class: "number", "aria-hidden": "true" }, isSolved ? "✓" : String(i + 1));
    const node = element("button", { type: "button", "data-i": i, class: isSolved ? "solved" : null, "aria-current": i === data.step ? "step" : null, title: `${i + 1} ${title}` },
      number, element("span", { class: "title" }, element("span", { class: "spoken" }, `Step ${i + 1}: `), title, element("span", { class: "spoken" }, isSolved ? ", answered" : "")));
    node.onclick = () => setTriggerValue("go", i);
    list.append(element("li", {}, node));
  });
  root.replaceChildren(element("nav", { "aria-label": data.label }, element("div", { class: "track", "aria-hidden": "true" }, fill), element("p", { class: "progress tabular" }, data.progress), list));
  if (root.step !== undefined && root.step !== data.step) { // the button for the next step stands far below
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    requestAnimationFrame(() => document.querySelector(".st-key-card-lesson")?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" }));
  }
  root.step = data.step;
  if (focused !== undefined) root.querySelector(`[data-i="${focused}"]`)?.focus({ preventScroll: true });
}
