// One word turned down and up: what the model says, measured, and the straight line of its gradient.

const SETTLED = 450, SVG = "http://www.w3.org/2000/svg";

const drawn = (tag, attributes, ...children) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  if (root.about !== data.about) root.at = data.start;
  root.about = data.about;
  const hadFocus = root.getRootNode().activeElement?.type === "range";
  const input = element("input", { type: "range", id: "alpha", min: 0, max: data.alphas.length - 1, step: 1, value: root.at });
  const output = element("output", { for: "alpha", class: "tabular" });
  const says = element("p", { class: "says" });
  const spoken = element("div", { class: "spoken", role: "status", "aria-live": "polite" });
  const height = 240, left = 62, right = 18, top = 12, bottom = 42;
  const plot = drawn("svg", { class: "plot", height, "aria-hidden": "true" });
  const [low, high] = data.range;
  let width = 0;
  const x = (alpha) => left + ((width - left - right) * alpha) / data.alphas.at(-1);
  const y = (value) => top + (height - top - bottom) * (1 - (value - low) / (high - low));
  const path = (values) => values.map((value, i) => `${i ? "L" : "M"}${x(data.alphas[i]).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const draw = () => {
    if (!width) return;
    const at = root.at, here = x(data.alphas[at]);
    plot.replaceChildren(
      drawn("line", { class: "at", x1: here, x2: here, y1: top, y2: height - bottom }),
      ...data.ticks.flatMap(([value, name]) => [drawn("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }), drawn("text", { x: left - 10, y: y(value) + 4, "text-anchor": "end" }, name)]),
      ...data.marks.map(([alpha, name]) => drawn("text", { x: x(alpha), y: height - bottom + 18, "text-anchor": alpha ? "middle" : "start" }, name)),
      drawn("text", { x: left, y: height - 4 }, data.axis),
      drawn("path", { class: "line", d: path(data.tangent) }), drawn("path", { class: "curve", d: path(data.measured) }),
      drawn("line", { class: "gap", x1: here, x2: here, y1: y(data.tangent[at]), y2: y(data.measured[at]) }),
      drawn("circle", { class: "hollow", cx: here, cy: y(data.tangent[at]), r: 5 }), drawn("circle", { cx: here, cy: y(data.measured[at]), r: 7 }),
    );
  };
  const keys = ["curve", "line"].map((kind, i) => {
    const value = element("b", { class: "tabular" });
    return { value, node: element("li", {}, drawn("svg", { "aria-hidden": "true" }, drawn("path", { class: kind, d: "M0 5H34" })), element("span", {}, data.names[i]), value) };
  });
  const update = () => {
    output.textContent = data.strengths[root.at];
    const said = data.says[root.at];
    says.replaceChildren(...rich(said));
    input.setAttribute("aria-valuetext", `${data.strengths[root.at]}. ${said.replace(/[\u0002\u0003]/g, "")}`);
    keys.forEach((key, i) => (key.value.textContent = data.figures[i][root.at]));
    draw();
  };
  input.oninput = () => {
    root.at = Number(input.value);
    update();
    clearTimeout(root.timer);
    root.timer = setTimeout(() => (spoken.textContent = data.says[root.at].replace(/[\u0002\u0003]/g, "")), SETTLED);
  };
  root.replaceChildren(element("ul", { class: "lines" }, ...keys.map((key) => key.node)), plot,
    element("div", { class: "slide" }, element("label", { for: "alpha" }, data.slider), input, output), says,
    element("p", { class: "note" }, element("b", {}, data.read[0]), " ", data.read[1]), spoken);
  update();
  if (hadFocus) input.focus({ preventScroll: true });
  const watch = new ResizeObserver(() => {
    if (Math.round(root.clientWidth) === width) return;
    width = Math.round(root.clientWidth);
    plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
    draw();
  });
  watch.observe(root);
  return () => { clearTimeout(root.timer); watch.disconnect(); };
}
