// One sentence that may hold anyone's words: shown, never interpreted.

export default function ({ data, parentElement }) {
  rootOf(parentElement).replaceChildren(element("p", { role: "status" }, data.sentence));
}
