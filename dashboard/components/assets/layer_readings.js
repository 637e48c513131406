// What each layer takes the selected word for: the language-model head's first guesses, the word's own rank, its score.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = rootOf(parentElement);
  const focused = root.getRootNode().activeElement?.dataset?.layer;
  const head = element("tr", {}, ...data.columns.map((name, i) => element("th", { scope: "col", class: i > 1 ? "number" : null }, name)));
  const body = element("tbody");
  for (const row of data.rows) {
    const go = element("button", { type: "button", "data-layer": row.layer, "aria-label": `show ${row.name}`, "aria-pressed": String(row.layer === data.layer) }, row.label);
    go.onclick = () => setTriggerValue("layer", row.layer);
    const line = element("tr", { class: `${row.layer === data.layer ? "shown" : ""}${row.trusted ? "" : " untrusted"}` }, element("th", { scope: "row" }, go));
    if (data.decoded) {
      const chips = row.words.map(([word, probability, own], i) =>
        element("span", { class: `chip${own ? " own" : ""}${i > 2 ? " extra" : ""}`, title: `${word} ${probability}` }, element("bdi", {}, word), element("i", {}, probability)));
      line.append(element("td", {}, element("div", { class: "chips" }, ...chips)), element("td", { class: "number" }, row.rank));
    }
    if (data.scored) line.append(element("td", { class: "number" }, signed(row.score, data.signed)));
    body.append(line);
  }
  root.replaceChildren(heading(data.title, data.word, "", data.subtitle), element("table", {}, element("thead", {}, head), body));
  if (data.note) root.append(element("p", { class: "note" }, data.note));
  if (focused !== undefined) root.querySelector(`[data-layer="${focused}"]`)?.focus({ preventScroll: true });
}
