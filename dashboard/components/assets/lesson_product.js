// Gradient × hidden state, number by number: a slider adds the products up.

const SETTLED = 450;

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  const most = data.rows.length;
  if (root.about !== data.about || !(root.at <= most)) root.at = data.start;
  root.about = data.about;
  const hadFocus = root.getRootNode().activeElement?.type === "range";
  const input = element("input", { type: "range", id: "added", min: 0, max: most, step: 1, value: root.at });
  const output = element("output", { for: "added", class: "tabular" });
  const spoken = element("div", { class: "spoken", role: "status", "aria-live": "polite" });
  const says = element("p", { class: "says" });
  const body = element("tbody");
  const rows = data.rows.map((row) => {
    const bar = drawBar();
    bar.update(row.share);
    const cells = row.isRest ? [element("td", { colspan: 3 }, row.place)] : [element("td", {}, row.place), element("td", {}, row.hidden), element("td", {}, row.gradient)];
    const line = element("tr", { class: row.isRest ? "rest" : null }, ...cells, element("td", {}, row.product), element("td", { "aria-hidden": "true" }, bar.node));
    body.append(line);
    return line;
  });
  const total = element("td"), sum = drawBar();
  body.append(element("tr", { class: "total" }, element("td", { colspan: 3 }, data.total), total, element("td", { "aria-hidden": "true" }, sum.node)));
  const update = () => {
    rows.forEach((row, i) => row.classList.toggle("off", i >= root.at));
    output.textContent = data.counts[root.at];
    total.textContent = data.sums[root.at];
    sum.update(data.shares[root.at]);
    says.replaceChildren(...rich(data.says[root.at]));
    input.setAttribute("aria-valuetext", `${data.counts[root.at]}: ${data.sums[root.at]}`);
  };
  input.oninput = () => {
    root.at = Number(input.value);
    update();
    clearTimeout(root.timer);
    root.timer = setTimeout(() => (spoken.textContent = `${data.counts[root.at]}: ${data.sums[root.at]}`), SETTLED);
  };
  const head = element("thead", {}, element("tr", {}, ...data.head.map((name) => element("th", { scope: "col" }, name)), element("td", { "aria-hidden": "true" })));
  root.replaceChildren(element("div", { class: "slide" }, element("label", { for: "added" }, data.slider), input, output),
    element("table", { class: "tabular" }, head, body), says, element("p", { class: "note" }, element("b", {}, data.read[0]), " ", data.read[1]), spoken);
  update();
  if (hadFocus) input.focus({ preventScroll: true });
  return () => clearTimeout(root.timer);
}

function drawBar() {
  const fill = element("i"), node = element("span", { class: "bar" }, fill);
  const update = (share) => {
    fill.className = share < 0 ? "minus" : "plus";
    fill.style.width = `${50 * Math.min(1, Math.abs(share))}%`;
    fill.style.left = share < 0 ? `${50 - 50 * Math.min(1, -share)}%` : "50%";
  };
  return { node, update };
}
