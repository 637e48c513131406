// The text, and under it the tokens that the model reads: pointing at one shows the other.

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  if (root.about !== data.about) root.pick = data.pick;
  root.about = data.about;
  const text = element("div", { class: "text", dir: "auto" }), spans = [];
  for (const [piece, token] of data.pieces) {
    if (token === -3) { text.append(element("div", { class: "part-name" }, piece)); continue; }
    const span = element("span", { class: token >= 0 ? "piece" : null }, piece);
    if (token >= 0) { spans.push([span, token]); span.onclick = () => choose(token); }
    text.append(span);
  }
  const tiles = element("ol", { class: "tiles", role: "toolbar", "aria-label": data.label });
  const buttons = data.tokens.map((token, i) => {
    const button = element("button", { type: "button", "data-i": i, class: `${token.special ? "special " : ""}${token.cut ? "cut" : ""}`, "aria-label": token.spoken }, token.text);
    tiles.append(element("li", { role: "presentation" }, button, element("span", { class: "number tabular", "aria-hidden": "true" }, String(i + 1))));
    return button;
  });
  const says = element("p", { class: "says", role: "status", "aria-live": "polite" });
  const choose = (pick) => {
    root.pick = pick;
    const word = data.tokens[pick].word;
    const isKin = (i) => i !== pick && word >= 0 && data.tokens[i].word === word;
    buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === pick));
      button.tabIndex = i === pick ? 0 : -1;
      button.classList.toggle("kin", isKin(i));
    });
    for (const [span, token] of spans) { span.classList.toggle("on", token === pick); span.classList.toggle("kin", isKin(token)); }
    says.replaceChildren(...rich(data.says[pick]));
  };
  tiles.onclick = (event) => { const button = event.target.closest("button"); if (button) choose(Number(button.dataset.i)); };
  tiles.onkeydown = (event) => {
    const at = Number(event.target.dataset.i);
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (next === undefined || next < 0 || next >= buttons.length) return;
    event.preventDefault();
    choose(next);
    buttons[next].focus();
  };
  root.replaceChildren(text, tiles, says, element("p", { class: "note" }, element("b", {}, data.read[0]), " ", data.read[1]));
  choose(Math.min(root.pick, buttons.length - 1));
}
