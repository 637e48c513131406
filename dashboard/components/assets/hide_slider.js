// Hides the top words one after the other: all answers are here already, so the slider moves without asking for anything.

const SETTLED = 450; // ms without a move after which the state is read out

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  const most = data.order.length;
  if (root.question !== data.question || !(root.nHidden <= most)) root.nHidden = data.start; // another text begins anew; another method doesn't
  root.question = data.question;
  const hadFocus = root.getRootNode().activeElement?.type === "range";

  const [text, words] = drawText(data);
  const input = element("input", { type: "range", id: "hidden", min: 0, max: most, step: 1, value: root.nHidden });
  const count = element("output", { for: "hidden", class: "tabular" });
  const lines = data.lines.map((line, i) => drawLine(line, i === 0));
  const flip = element("p", { class: "flip isolate" });
  const bars = data.bars.map(drawBar);
  const spoken = element("div", { class: "spoken", role: "status", "aria-live": "polite" });

  const say = (k) => [data.counts[k], ...data.lines.map((line) => `${line.name}: ${line.label} ${line.before} to ${line.after[k]}, ${line.change[k]}`), data.flips[k]].filter(Boolean).join(". ");
  const update = (k) => {
    root.nHidden = k;
    const rank = new Map(data.order.slice(0, k).map((word, i) => [word, i + 1]));
    words.forEach((node, word) => drawWord(node, rank.get(word), data));
    count.textContent = data.counts[k];
    input.setAttribute("aria-valuetext", say(k));
    lines.forEach((line) => line.update(k));
    bars.forEach((bar) => bar.update(k));
    flip.textContent = data.flips[k];
  };
  input.oninput = () => {
    update(Number(input.value));
    clearTimeout(root.timer);
    root.timer = setTimeout(() => (spoken.textContent = say(root.nHidden)), SETTLED);
  };
  update(root.nHidden);

  root.replaceChildren(
    heading(data.title, "", "", data.subtitle), text,
    element("div", { class: "slide" }, element("label", { for: "hidden" }, data.slider), input, count),
    element("div", { class: "lines tabular" }, ...lines.map((line) => line.node)), flip,
    ...(bars.length ? [element("ul", { class: "bars tabular" }, ...bars.map((bar) => bar.node))] : []),
    element("p", { class: "note" }, data.note), spoken,
  );
  if (hadFocus) input.focus({ preventScroll: true });
  return () => clearTimeout(root.timer);
}

function drawText(data) {
  const text = element("div", { class: "text", dir: "auto" }), words = new Map();
  let part = text, parts = 0;
  const begin = () => {
    if (!data.names.length) return;
    part = element("div", { class: "part", dir: "auto" });
    text.append(element("div", { class: "part-name" }, data.names[parts++]), part);
  };
  begin();
  for (const [piece, word] of data.pieces) {
    if (word === -3) { begin(); continue; }
    const node = element("span", {}, piece);
    if (word >= 0) { node.word = piece; words.set(word, node); }
    part.append(node);
  }
  return [text, words];
}

function drawWord(node, rank, data) {
  const hidden = rank !== undefined;
  if (node.classList.contains("hidden-word") === hidden) return;
  node.className = hidden ? `hidden-word${data.is_left_out ? " left-out" : ""}` : "";
  node.textContent = hidden && !data.is_left_out ? data.chip : node.word;
  node.title = hidden ? `${node.word} · hidden as number ${rank}` : "";
}

function drawLine(line, first) {
  const figures = element("span"), moved = element("span", { class: "change" });
  const node = element("div", { class: first ? "line first" : "line" }, element("span", { class: "name" }, line.name), figures, moved);
  const update = (k) => { figures.textContent = `${line.before} → ${line.after[k]}`; moved.textContent = line.change[k]; };
  return { node, update };
}

function drawBar(bar) {
  const before = element("i"), now = element("i"), value = element("span", { class: "value" });
  before.style.width = `${100 * bar.shares[0]}%`;
  const pair = element("span", { class: "pair", "aria-hidden": "true" }, element("span", { class: "bar" }, before), element("span", { class: "bar now" }, now));
  const node = element("li", { class: bar.explained ? "explained" : null }, element("span", { class: "name isolate" }, bar.name), pair, value);
  const update = (k) => { now.style.width = `${100 * bar.shares[k]}%`; value.textContent = `${bar.figures[0]} → ${bar.figures[k]}`; };
  return { node, update };
}
