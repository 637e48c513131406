// Which word the what-if bar is about, and what those who hear the page are told after an edit.

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  let told = root.querySelector(".spoken"); // one node for good: only changes of a live region are read out
  if (!told) root.replaceChildren(element("span", { class: "line" }), (told = element("span", { class: "spoken", role: "status", "aria-live": "polite" })));
  const line = root.querySelector(".line");
  line.replaceChildren(element("b", {}, data.text));
  if (data.word) line.append(" ", element("bdi", { title: data.word }, `“${data.word}”`));
  if (told.textContent !== data.spoken) told.textContent = data.spoken;
}
