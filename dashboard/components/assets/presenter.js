// The presenter view. Everything of every layer is here already: a key repaints the words and asks the server for nothing.
// Only where the walk rests is told, so that the link and the page behind keep it.

const REST = 450; // ms without a move after which the server is told
const IDLE = 2600; // ms without the pointer after which a full screen shows the words alone
const WALK = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }; // the page keys are those of a hand-held remote

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  root.classList.add("stage");
  const view = (root.view ??= skeleton(root));
  root.end?.(); // what the last run of this left behind
  const listening = new AbortController();
  const walk = (root.walk ??= { control: "" });
  if (root.about !== data.about) { // a new visit, another text or class; while it is the same, the browser knows best
    Object.assign(walk, { layer: data.layer, word: data.selected ?? 0, label: null, moved: false });
    root.about = data.about;
  }
  const controls = Object.keys(data.words.controls).filter((name) => ({ layer: data.layers.length > 1, class: data.classes.length, word: data.texts.length })[name]);
  if (!controls.includes(walk.control)) walk.control = controls[0];

  const place = () => ({ layer: walk.moved ? walk.layer : null, word: walk.word, class: walk.label });
  const rest = () => {
    clearTimeout(root.timer);
    root.timer = setTimeout(() => setTriggerValue("rest", place()), REST);
  };
  const leave = () => {
    clearTimeout(root.timer);
    if (document.fullscreenElement) document.exitFullscreen();
    setTriggerValue("leave", place());
  };
  const turn = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.());
  const go = (kind, index) => {
    if (kind === "layer") Object.assign(walk, { layer: clamp(index, data.layers), moved: true });
    else if (kind === "word") walk.word = clamp(index, data.texts);
    else walk.label = data.classes[clamp(index, data.classes)].name;
    show(view, data, walk, kind === "word");
    rest();
  };
  const here = () => ({ layer: walk.layer, word: walk.word, class: data.classes.findIndex((row) => isShown(row, walk)) })[walk.control];
  const switchTo = (name) => { walk.control = name; show(view, data, walk); };

  fill(view, data, { leave, turn, go, switchTo, controls });
  fit(view, data, walk);
  show(view, data, walk);

  const onKey = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.composedPath()[0].matches?.("input, textarea, select, [contenteditable]")) return;
    const end = { Home: 0, End: Infinity }[event.key], back = getComputedStyle(view.text).direction === "rtl" && walk.control === "word";
    if (event.key in WALK) go(walk.control, here() + WALK[event.key] * (back && event.key.startsWith("Arrow") ? -1 : 1));
    else if (end !== undefined) go(walk.control, end);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : controls.length - 1;
      switchTo(controls[(controls.indexOf(walk.control) + step) % controls.length]);
    } else if (event.key === "f" || event.key === "F") turn();
    else if (event.key === "Escape") document.fullscreenElement ? document.exitFullscreen() : leave();
    else return;
    event.preventDefault();
  };
  const wake = () => {
    root.classList.remove("idle");
    clearTimeout(root.idle);
    root.idle = setTimeout(() => root.classList.toggle("idle", Boolean(document.fullscreenElement)), IDLE);
  };
  const until = { signal: listening.signal };
  document.addEventListener("keydown", onKey, until);
  document.addEventListener("pointermove", wake, until);
  document.addEventListener("fullscreenchange", () => { nameTurn(view, data); wake(); }, until);
  const sizes = new ResizeObserver(() => { fit(view, data, walk); show(view, data, walk); });
  sizes.observe(root);
  document.fonts.ready.then(() => listening.signal.aborted || (fit(view, data, walk), show(view, data, walk)));
  return (root.end = () => { listening.abort(); sizes.disconnect(); });
}

const clamp = (index, list) => Math.max(0, Math.min(index, list.length - 1));
const isShown = (row, walk) => (walk.label === null ? row.explained : row.name === walk.label);

function skeleton(root) {
  const make = (tag, name, attributes = {}) => element(tag, { class: name, ...attributes });
  const view = {
    back: make("button", "quiet", { type: "button" }), keys: make("span", "keys", { "aria-hidden": "true" }), full: make("button", "quiet", { type: "button" }),
    notice: make("p", "notice isolate", { role: "status" }), title: element("h1"), place: make("span", "place tabular"), said: make("p", "said tabular"),
    text: make("div", "text", { role: "group", tabindex: 0, dir: "auto" }), inner: make("div", "inner", { dir: "auto" }),
    reading: make("p", "reading tabular"), low: element("span"), ramp: make("span", "ramp", { "aria-hidden": "true" }), high: element("span"),
    unit: element("span"), method: element("span"), switcher: make("div", "switch", { role: "group" }), sets: make("div", "sets"), spoken: make("div", "spoken", { role: "status", "aria-live": "polite" }),
  };
  view.text.append(view.inner);
  root.replaceChildren(
    element("div", { class: "top speaker" }, view.back, view.keys, view.full), view.notice,
    element("div", { class: "lead" }, element("div", { class: "asked" }, view.title, view.place), view.said),
    view.text, view.reading,
    element("div", { class: "legend tabular" }, element("span", { class: "scale" }, view.low, view.ramp, view.high, view.unit), view.method),
    element("div", { class: "walk" }, view.switcher, view.sets), view.spoken,
  );
  return view;
}

// What stays the same while the walk goes on.
function fill(view, data, act) {
  const words = data.words;
  view.back.replaceChildren("← ", words.back);
  view.back.onclick = act.leave;
  view.full.onclick = act.turn;
  view.full.hidden = !document.fullscreenEnabled;
  nameTurn(view, data);
  view.keys.replaceChildren(...words.keys.flatMap(([key, does]) => [element("kbd", {}, key), ` ${does}`]));
  view.notice.textContent = [...data.notices, data.notice].filter(Boolean).join(" ");
  view.notice.hidden = !view.notice.textContent;
  view.text.setAttribute("aria-label", words.text);
  view.ramp.className = `ramp ${data.signed ? "both" : "one"}`;
  view.unit.textContent = data.unit;
  view.method.textContent = data.method;
  view.switcher.setAttribute("aria-label", words.switch);
  view.switcher.replaceChildren(...act.controls.map((name) => button(words.controls[name], { "data-control": name }, () => act.switchTo(name))));
  view.switcher.hidden = act.controls.length < 2;
  drawText(view, data);
  for (const [unit, node] of view.words) node.onclick = () => act.go("word", unit);
  drawSets(view, data, act);
}

function nameTurn(view, data) {
  view.full.textContent = document.fullscreenElement ? data.words.unfull : data.words.full;
}

function button(label, attributes, press) {
  const node = element("button", { type: "button", ...attributes }, label);
  node.onclick = press;
  return node;
}

// The words stay the same nodes for as long as the text does: a node drawn anew has no colour to change from.
function drawText(view, data) {
  const shape = JSON.stringify([data.pieces, data.names]);
  if (view.shape === shape) return;
  view.shape = shape;
  view.words = new Map();
  let part = view.inner, parts = 0;
  const begin = () => {
    if (!data.names.length) return;
    part = element("div", { class: "part", dir: "auto" });
    view.inner.append(element("div", { class: "part-name" }, data.names[parts++]), part);
  };
  view.inner.replaceChildren();
  begin();
  for (const [piece, unit] of data.pieces) {
    if (unit === -3) { begin(); continue; }
    const node = element("span", unit < 0 ? { class: unit === -2 ? "unread" : "gap" } : { class: "unit", role: "button", tabindex: -1, "data-unit": unit }, piece);
    if (unit >= 0) view.words.set(unit, node);
    part.append(node);
  }
}

// The three controls lie on one another, one of them seen, so that none moves the text when another takes its place.
function drawSets(view, data, act) {
  const set = (name, ...children) => element("div", { class: `set ${name}`, role: "group", "aria-label": data.words.controls[name] }, ...children);
  const layers = data.layers.map((layer, i) => button(layer.step + (layer.star ? " ★" : ""), { "data-step": i, "aria-label": layer.place }, () => act.go("layer", i)));
  const classes = data.classes.map((row, i) => button("", { "data-step": i }, () => act.go("class", i)));
  classes.forEach((node, i) => node.append(element("bdi", {}, data.classes[i].name), element("i", {}, ` ${data.classes[i].figure}`)));
  view.wordNow = element("span", { class: "now" });
  const words = [button("←", { "aria-label": data.words.previous, class: "turn" }, () => act.go("word", view.at - 1)), view.wordNow,
    button("→", { "aria-label": data.words.next, class: "turn" }, () => act.go("word", view.at + 1))];
  const held = view.sets.getRootNode().activeElement?.dataset?.step;
  view.steps = { layer: layers, class: classes };
  view.sets.replaceChildren(set("layer", ...layers), set("class", ...classes), set("word", ...words));
  if (held !== undefined) view.sets.querySelectorAll(`[data-step="${held}"]`).forEach((node) => node.focus({ preventScroll: true }));
}

// What changes with every step.
function show(view, data, walk, follow = false) {
  const layer = data.layers[clamp(walk.layer, data.layers)], at = clamp(walk.layer, data.layers), scores = data.scores[at], limit = data.limits[at];
  view.at = walk.word;
  for (const [unit, node] of view.words) {
    const share = paint(node, scores[unit], limit);
    node.className = `unit${data.signed && share > 0.12 ? (scores[unit] > 0 ? " plus" : " minus") : ""}${data.special.includes(unit) ? " special" : ""}`;
    node.setAttribute("aria-label", `${data.texts[unit]}, ${spoken(scores[unit], data.signed)}`);
    node.setAttribute("aria-pressed", String(unit === walk.word));
  }
  view.title.replaceChildren(layer.title, "“", element("bdi", {}, walk.label ?? data.question), "”");
  view.place.textContent = layer.place;
  view.said.replaceChildren(data.words.says, ...data.said.flatMap(([name, figure], i) => [i ? ", " : " ", element("bdi", {}, name), " ", element("b", {}, figure)]));
  view.low.textContent = layer.low;
  view.high.textContent = layer.high;
  drawReading(view, data, layer, at, walk.word);
  view.wordNow.replaceChildren(...(data.texts.length ? ["“", element("bdi", {}, data.texts[walk.word]), "” ", element("small", {}, `${walk.word + 1} / ${data.texts.length}`)] : []));
  view.switcher.querySelectorAll("button").forEach((node) => node.setAttribute("aria-pressed", String(node.dataset.control === walk.control)));
  view.sets.querySelectorAll(".set").forEach((node) => node.classList.toggle("seen", node.classList.contains(walk.control)));
  view.steps.layer.forEach((node, i) => node.setAttribute("aria-pressed", String(i === at)));
  view.steps.class.forEach((node, i) => node.setAttribute("aria-pressed", String(isShown(data.classes[i], walk))));
  if (walk.control === "class") view.steps.class.find((node) => node.getAttribute("aria-pressed") === "true")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (follow) view.words.get(walk.word)?.scrollIntoView({ block: "nearest" });
  view.spoken.textContent = `${layer.place}. ${view.reading.textContent}`;
}

function drawReading(view, data, layer, at, word) {
  if (!data.texts.length) return view.reading.replaceChildren();
  const chips = (data.readings[at]?.[word] ?? []).map(([text, figure, own]) =>
    element("span", { class: `chip${own ? " own" : ""}` }, element("bdi", {}, data.vocabulary[text]), " ", element("i", {}, figure), " "));
  view.reading.replaceChildren(
    `${layer.reads} `, element("bdi", {}, `“${data.texts[word]}”`), chips.length ? " as " : ` ${data.words.scored} `, ...chips,
    element("span", { class: "score" }, `${side(data, data.scores[at][word])}${signed(data.scores[at][word], data.signed, 2)} ${data.unit}`),
  );
  view.reading.classList.toggle("untrusted", !layer.trusted);
  view.reading.title = layer.trusted ? "" : data.untrusted;
}

// A room doesn't know what a minus means here: the word that the legend has for it stands before the figure.
function side(data, score) {
  return data.signed && score ? `${data.sides[Number(score > 0)]} ` : "";
}

// The largest type in which the whole text fits; under the smallest that a room can read, it scrolls instead.
function fit(view, data, walk) {
  const style = getComputedStyle(view.text), size = (name) => parseFloat(style.getPropertyValue(name));
  const host = view.text.getRootNode().host ?? view.text;
  const wide = host.clientWidth || innerWidth;
  let low = Math.max(size("--least"), (size("--least-share") * wide) / 100), high = Math.max(low, (size("--most-share") * wide) / 100);
  view.title.style.minHeight = "";
  let tallest = 0;
  for (const layer of data.layers) { // no layer's title may move the text
    view.title.replaceChildren(layer.title, "“", walk.label ?? data.question, "”");
    tallest = Math.max(tallest, view.title.offsetHeight);
  }
  view.title.style.minHeight = `${tallest}px`;
  const fits = (px) => { view.inner.style.fontSize = `${px}px`; return view.inner.offsetHeight <= view.text.clientHeight && view.inner.scrollWidth <= view.text.clientWidth; };
  view.text.classList.remove("scrolls");
  if (fits(high)) return;
  for (let i = 0; i < 7; i++) { const middle = (low + high) / 2; fits(middle) ? (low = middle) : (high = middle); }
  view.text.classList.toggle("scrolls", !fits(Math.floor(low * 10) / 10));
}
