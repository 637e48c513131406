// A few sentences, with the run's own numbers and words in bold.

export default function ({ data, parentElement }) {
  rootOf(parentElement).replaceChildren(...data.says.map((sentence) => element("p", {}, ...rich(sentence))));
}
