// Replaces what the address bar says after its ?; the entry in the browser's history stays the same one.

export default function ({ data, parentElement }) {
  rootOf(parentElement).setAttribute("data-query", data.query); // the page's tests wait for it
  const here = location.pathname.replace(/\/+$/, "").split("/").pop();
  const known = ["compare", "corpus", "learn", "present"];
  if (data.path ? here !== data.path : known.includes(here)) return; // the visitor has left for another page meanwhile
  const wanted = data.query ? `?${data.query}` : "";
  if (location.search !== wanted) history.replaceState(history.state, "", location.pathname + wanted + location.hash);
}
