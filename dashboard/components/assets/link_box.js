// Two links to copy. Where the browser lets the page copy nothing, the link stands selected in a field.

const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  if (!root.firstChild) build(root);
  root.data = data;
  for (const [which, query, label, about] of [
    ["plain", data.query, data.copy, data.about],
    ["text", data.queryWithText, data.copyWithText, data.warning],
  ]) {
    const part = root.querySelector(`.${which}`);
    part.querySelector("button").textContent = label;
    part.querySelector("button").disabled = query === null;
    part.querySelector(".note").textContent = about;
    part.querySelector("input").setAttribute("aria-label", data.field);
    follow(part, linkOf(query));
  }
}

function build(root) {
  for (const which of ["plain", "text"]) {
    const button = element("button", { type: "button", class: "copy" });
    button.onclick = () => copy(root, which);
    const said = element("p", { class: "said", role: "status" });
    const field = element("input", { type: "text", readonly: "", spellcheck: "false", hidden: "" });
    field.onfocus = () => field.select();
    root.append(element("div", { class: which }, button, said, field, element("p", { class: "note" })));
  }
}

// The page has changed behind an open box: a link that is shown changes with it, and is not the one copied any more.
function follow(part, link) {
  const field = part.querySelector("input");
  if (field.hidden || field.value === link) return;
  part.querySelector(".said").textContent = "";
  field.hidden = link === null;
  field.value = link ?? "";
}

function linkOf(query) {
  return query === null ? null : location.origin + location.pathname + (query ? `?${query}` : "");
}

async function copy(root, which) {
  const { data } = root;
  for (const other of root.children) { // what was said of the other link is over
    other.querySelector(".said").textContent = "";
    other.querySelector("input").hidden = true;
  }
  const part = root.querySelector(`.${which}`), field = part.querySelector("input"), said = part.querySelector(".said");
  const local = LOCAL.includes(location.hostname) ? ` ${data.local}` : "";
  field.value = linkOf(which === "text" ? data.queryWithText : data.query);
  field.hidden = false;
  try {
    await navigator.clipboard.writeText(field.value); // not there where the page did not come over https
    said.textContent = data.copied + local;
  } catch {
    said.textContent = data.notCopied + local;
    field.focus();
    field.select();
  }
}
