// Shared by every component. Text from people and models reaches the page through textContent only.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children); // strings become text nodes
  return node;
}

function rootOf(parentElement) {
  let root = parentElement.querySelector(".root");
  if (!root) parentElement.appendChild((root = element("div", { class: "root" })));
  return root;
}

function heading(title, quoted, rest, small) {
  const node = element("h2", {}, title);
  if (quoted) node.append("“", element("bdi", {}, quoted), "”");
  if (rest) node.append(rest);
  if (small) node.append(" ", element("small", {}, small));
  return node;
}

function signed(score, hasSign, digits = 3) {
  const size = Math.abs(score);
  const text = size !== 0 && size < 0.00001 ? size.toExponential(1) : size.toFixed(size !== 0 && size < 0.001 ? 5 : digits);
  return hasSign ? (score < 0 ? "−" : "+") + text : text;
}

function spoken(score, hasSign) {
  const size = Math.abs(score).toFixed(2);
  return "saliency " + (hasSign ? (score < 0 ? "minus " : "plus ") : "") + size;
}

// Colour of a score on a scale that ends at `limit`; never denser than --max-alpha, so that text stays readable.
function paint(node, score, limit) {
  const share = limit > 0 ? Math.min(1, Math.abs(score) / limit) : 0;
  const side = score < 0 ? "--against" : "--for";
  node.style.backgroundColor = `rgba(var(${side}), calc(${share.toFixed(3)} * var(--max-alpha)))`;
  return share;
}

// A sentence in which U+0002 and U+0003 stand around what is bold: an array of nodes, each bold one isolated.
function rich(text) {
  return text.split(/[\u0002\u0003]/).map((part, i) => (i % 2 ? element("b", { class: "isolate" }, part) : part));
}
