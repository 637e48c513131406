// The hero: the original text, each word a button coloured by its score.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const focused = root.getRootNode().activeElement?.dataset?.unit;
  const limit = data.limit;
  const text = element("div", { class: `text ${data.size}`, role: "group", "aria-label": data.label, dir: "auto" });
  const buttons = new Map();
  const entry = focused ?? String(data.selected ?? data.pieces.find(([, unit]) => unit >= 0)?.[1]);

  // Of two texts, each stands under its name; of one, the text is the box itself.
  const begin = () => {
    if (!data.names.length) return text;
    const part = element("div", { class: "part", dir: "auto" });
    text.append(element("div", { class: "part-name" }, data.names[text.querySelectorAll(".part").length]), part);
    return part;
  };
  let part = begin();
  for (const [piece, unit] of data.pieces) {
    if (unit === -3) {
      part = begin();
      continue;
    }
    if (unit < 0) {
      part.append(element("span", { class: unit === -2 ? "unread" : "gap" }, piece));
      continue;
    }
    const score = data.scores[unit];
    const node = element("span", {
      class: "unit", role: "button", tabindex: String(unit) === entry ? 0 : -1, "data-unit": unit,
      "aria-pressed": String(unit === data.selected), "aria-label": `${piece}, ${spoken(score, data.signed)}`,
    }, piece);
    const share = paint(node, score, limit);
    if (data.signed && share > 0.12) node.classList.add(score > 0 ? "plus" : "minus");
    if (data.special.includes(unit)) node.classList.add("special");
    node.title = `${signed(score, data.signed, 4)} ${data.unit}`;
    buttons.set(unit, node);
    part.append(node);
  }

  const detail = element("span", { class: "detail tabular", "aria-hidden": "true" });
  const describe = (unit) => {
    const score = data.scores[unit];
    if (score === undefined) return detail.replaceChildren();
    const rank = 1 + data.scores.filter((other) => Math.abs(other) > Math.abs(score)).length;
    detail.replaceChildren(
      element("bdi", {}, element("b", {}, clip(data.texts[unit], 24))), ` ${signed(score, data.signed)} ${data.unit} · rank ${rank} of ${data.scores.length}${data.signed ? " by size" : ""}`
    );
  };
  describe(data.selected);

  const end = (side, said) => element("span", { class: data.signed ? `end ${side}` : "end" }, said); // lined as the words are
  const legend = element("div", { class: "legend" },
    element("span", { class: "scale tabular" }, end("minus", data.low), element("span", { class: `ramp ${data.signed ? "both" : "one"}`, "aria-hidden": "true" }), end("plus", data.high)), detail);
  root.replaceChildren(heading(data.title, data.question, "", data.subtitle), text, legend);
  if (data.why) root.append(element("p", { class: "why" }, data.why));
  if (focused !== undefined) buttons.get(Number(focused))?.focus({ preventScroll: true });

  const unitOf = (event) => event.target.closest?.(".unit");
  const pick = (node) => { move(node); setTriggerValue("pick", Number(node.dataset.unit)); };
  const move = (node) => {
    text.querySelectorAll('[tabindex="0"]').forEach((other) => (other.tabIndex = -1));
    node.tabIndex = 0;
    node.focus();
  };
  text.onclick = (event) => { const node = unitOf(event); if (node) pick(node); };
  text.onmouseover = text.onfocus = (event) => { const node = unitOf(event); if (node) describe(Number(node.dataset.unit)); };
  text.onmouseleave = () => describe(data.selected);
  text.addEventListener("focusin", (event) => { const node = unitOf(event); if (node) describe(Number(node.dataset.unit)); });
  text.onkeydown = (event) => {
    const node = unitOf(event);
    if (!node) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); return pick(node); }
    const rightToLeft = getComputedStyle(text).direction === "rtl";
    const step = { ArrowRight: rightToLeft ? -1 : 1, ArrowLeft: rightToLeft ? 1 : -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = [...buttons.values()];
    const next = event.key === "Home" ? all[0] : event.key === "End" ? all.at(-1) : all[all.indexOf(node) + step];
    if (!next || (step === undefined && !["Home", "End"].includes(event.key))) return;
    event.preventDefault();
    move(next);
  };
}

function clip(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}
