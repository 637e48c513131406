// Rows of words under a slider of layers: every layer's figures are here, so that moving it asks for nothing.

const SETTLED = 450; // ms without a move after which the state is read out
const SVG = "http://www.w3.org/2000/svg";

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  if (root.about !== data.about || !(root.layer < data.names.length)) Object.assign(root, { layer: data.start, pick: data.pick }); // another run begins anew
  root.about = data.about;
  const active = root.getRootNode().activeElement, hadFocus = active?.type === "range";

  const input = element("input", { type: "range", id: "layer", min: 0, max: data.names.length - 1, step: 1, value: root.layer });
  const output = element("output", { for: "layer", class: "tabular" });
  const says = element("p", { class: "says" });
  const spoken = element("div", { class: "spoken", role: "status", "aria-live": "polite" });
  const curves = data.curves ? drawCurves(data, (layer) => go(layer)) : null;
  const bar = data.bar ? drawBar(data.bar) : null;
  const rows = data.rows.map((row, i) => drawRow(row, data.pickRow === i ? (pick) => choose(pick) : null));

  const sentence = () => { const at = data.says[root.layer]; return Array.isArray(at) ? at[root.pick] : at; };
  const update = () => {
    output.textContent = data.spoken[root.layer];
    const said = sentence();
    says.replaceChildren(...rich(said));
    input.setAttribute("aria-valuetext", `${data.spoken[root.layer]}. ${said.replace(/[\u0002\u0003]/g, "")}`);
    for (const row of rows) row.update(root.layer, root.pick);
    bar?.update(root.layer);
    curves?.update(root.layer);
  };
  const announce = () => {
    clearTimeout(root.timer);
    root.timer = setTimeout(() => (spoken.textContent = `${data.spoken[root.layer]}. ${sentence().replace(/[\u0002\u0003]/g, "")}`), SETTLED);
  };
  const go = (layer) => { root.layer = layer; input.value = layer; update(); announce(); };
  const choose = (pick) => { root.pick = pick; update(); announce(); };
  input.oninput = () => go(Number(input.value));

  const nodes = [
    ...(data.title ? [heading(data.title, "", "", data.subtitle)] : []),
    ...(curves ? [curves.node] : []),
    element("div", { class: "slide" }, element("label", { for: "layer" }, data.slider), input, output),
    ...(bar ? [bar.node] : []), ...rows.map((row) => row.node), says,
    ...data.legend.map(drawLegend),
    element("p", { class: "note" }, element("b", {}, data.read[0]), " ", data.read[1]), spoken,
  ];
  root.replaceChildren(...nodes);
  update();
  if (hadFocus) input.focus({ preventScroll: true });
  const watch = curves ? new ResizeObserver(() => curves.resize(root.clientWidth, root.layer)) : null;
  watch?.observe(root);
  return () => { clearTimeout(root.timer); watch?.disconnect(); };
}

function drawRow(row, onPick) {
  const list = element("ul", { class: "chips", "aria-label": row.title, ...(onPick ? { role: "toolbar" } : {}) });
  const chips = row.chips.map((text, i) => {
    const chip = element(onPick ? "button" : "span", { class: `chip${row.special.includes(i) ? " special" : ""}`, ...(onPick ? { type: "button", "data-i": i } : {}) }, text);
    const caption = element("span", { class: row.captions ? "caption tabular" : "spoken" });
    list.append(element("li", onPick ? { role: "presentation" } : {}, chip, caption));
    if (onPick && row.captions) caption.setAttribute("aria-hidden", "true");
    return { chip, caption };
  });
  if (onPick) {
    list.onclick = (event) => { const chip = event.target.closest(".chip"); if (chip) onPick(Number(chip.dataset.i)); };
    list.onkeydown = (event) => {
      const at = Number(event.target.dataset.i), all = chips.length;
      const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all - 1 }[event.key];
      if (next === undefined || next < 0 || next >= all) return;
      event.preventDefault();
      onPick(next);
      chips[next].chip.focus();
    };
  }
  const update = (layer, pick) => {
    const of = (values) => (row.byPick ? values[layer][pick] : values[layer]);
    const shares = of(row.shares), figures = of(row.figures);
    chips.forEach(({ chip, caption }, i) => {
      const share = shares[i];
      chip.classList.remove("plus", "minus", "itself");
      if (row.kind === "signed") {
        paint(chip, share, 1);
        if (Math.abs(share) > 0.12) chip.classList.add(share > 0 ? "plus" : "minus");
      } else chip.style.backgroundColor = `color-mix(in srgb, var(--text) calc(${Math.max(0, share).toFixed(3)} * var(--share)), transparent)`;
      caption.textContent = figures[i];
      chip.title = figures[i];
      if (onPick) {
        chip.setAttribute("aria-pressed", String(i === pick));
        chip.setAttribute("aria-label", `${row.chips[i]}${figures[i] ? `, ${figures[i]}` : ""}`);
        chip.tabIndex = i === pick ? 0 : -1;
      }
    });
  };
  return { node: element("div", { class: "row" }, element("p", { class: "row-title" }, row.title), list), update };
}

function drawBar(bar) {
  const parts = bar.parts.map(() => element("i")), keys = bar.parts.map(() => element("span"));
  const node = element("div", {}, element("p", { class: "row-title" }, bar.title), element("div", { class: "parts", "aria-hidden": "true" }, ...parts), element("div", { class: "keys tabular" }, ...keys));
  const update = (layer) => bar.parts.forEach((part, i) => {
    parts[i].style.width = `${100 * part.shares[layer]}%`;
    keys[i].replaceChildren(`${part.name}: `, element("b", {}, part.figures[layer]));
  });
  return { node, update };
}

function drawLegend(legend) {
  return element("div", { class: "legend" }, legend.low, element("span", { class: `ramp ${legend.kind}`, "aria-hidden": "true" }), legend.high);
}

const drawn = (tag, attributes, ...children) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

// The lines over the layers (shares, 0 to 1), with the layer shown marked; a click goes to a layer, and so does the slider.
function drawCurves(data, go) {
  const lines = data.curves, height = 190, left = 46, top = 14, bottom = 30;
  const svg = drawn("svg", { height, "aria-hidden": "true" });
  const keys = lines.map((line) => {
    const value = element("b", { class: "tabular" });
    const sample = drawn("svg", { "aria-hidden": "true" }, drawn("path", { class: line.dash, d: "M0 5H34" }));
    return { value, node: element("li", {}, sample, element("span", {}, line.name), value) };
  });
  let width = 0;
  const x = (layer) => left + ((width - left - 16) * layer) / Math.max(1, data.names.length - 1);
  const y = (share) => top + (height - top - bottom) * (1 - share);
  const resize = (now, layer) => {
    if (Math.round(now) === width) return;
    width = Math.round(now);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    draw(layer);
  };
  const draw = (layer) => {
    if (!width) return;
    const nodes = [drawn("line", { class: "at", x1: x(layer), x2: x(layer), y1: top - 6, y2: height - bottom + 4 })];
    for (const share of [0, 0.5, 1]) nodes.push(drawn("line", { class: "grid", x1: left, x2: width, y1: y(share), y2: y(share) }), drawn("text", { x: 0, y: y(share) + 4 }, `${100 * share} %`));
    data.names.forEach((name, i) => nodes.push(drawn("text", { class: i === layer ? "here" : "", x: x(i), y: height - 6, "text-anchor": "middle" }, name)));
    for (const line of lines) nodes.push(drawn("path", { class: line.dash, d: line.values.map((value, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("") }));
    for (const line of lines) line.values.forEach((value, i) => nodes.push(drawn("circle", { class: i === layer ? "on" : "", cx: x(i), cy: y(value), r: i === layer ? 6 : 3.5 })));
    const step = (width - left - 16) / Math.max(1, data.names.length - 1);
    data.names.forEach((_, i) => { const hit = drawn("rect", { class: "hit", x: x(i) - step / 2, y: 0, width: step, height }); hit.onclick = () => go(i); nodes.push(hit); });
    svg.replaceChildren(...nodes);
  };
  const update = (layer) => { keys.forEach((key, i) => (key.value.textContent = lines[i].figures[layer])); draw(layer); };
  return { node: element("div", { class: "curves" }, element("ul", { class: "lines" }, ...keys.map((key) => key.node)), svg), update, resize };
}
