// The first-visit tour: a card in a corner, a ring around what it explains. It blocks nothing, takes no focus by itself, and is drawn only
// while what it explains can be seen.

const STORE = "layer-saliency-tour"; // in the browser: "done" once dismissed for good
const EDGE = 16, TOP = 84, RING = 7; // px: between the card and the window, the window and what is scrolled to, that and its ring
const memory = { step: 0, open: false, shut: false, invited: false, isOffered: false, asked: 0 }; // outlives a visit to another page

export default function ({ data, parentElement }) {
  const root = rootOf(parentElement);
  root.end?.(); // what the last run of this left behind
  const listening = new AbortController(), until = { signal: listening.signal };
  root.end = () => { listening.abort(); clearInterval(root.waiting); root.sizes?.disconnect(); };
  const asked = data.asked > memory.asked;
  if (asked) Object.assign(memory, { asked: data.asked, step: 0, open: true, invited: false, isOffered: false, shut: false });
  if (!asked && !memory.open && (memory.shut || !data.first || isDone())) {
    root.replaceChildren();
    return root.end;
  }
  const begin = () => {
    const steps = data.steps.filter((step) => target(step));
    if (!steps.length || !isCalm()) return;
    clearInterval(root.waiting);
    const tour = draw(root, data, steps);
    if (!memory.open) Object.assign(memory, { open: true, isOffered: true });
    tour.update();
    if (asked) { tour.reveal(); tour.card.focus({ preventScroll: true }); }
    let frame = 0;
    const later = (settle) => { cancelAnimationFrame(frame); frame = requestAnimationFrame(() => { if (settle) tour.settle(); tour.place(); }); };
    document.addEventListener("scroll", () => later(false), { ...until, capture: true, passive: true });
    document.addEventListener("scrollend", () => { if (tour.underWay) later(true); tour.underWay = false; }, { ...until, capture: true });
    window.addEventListener("resize", () => later(true), until);
    document.addEventListener("keydown", (event) => {
      const inside = event.composedPath().includes(tour.card) || event.target === document.body;
      if (event.key === "Escape" && inside && !event.defaultPrevented && memory.open) tour.close();
    }, until);
    root.sizes = new ResizeObserver(() => later(true));
    document.querySelectorAll('.stMain .block-container, [data-testid="stSidebarUserContent"]').forEach((node) => root.sizes.observe(node));
  };
  clearInterval(root.waiting);
  root.waiting = setInterval(begin, 200); // the first report may take its time
  begin();
  return root.end;
}

const target = (step) => document.querySelector(step.at);
const isCalm = () => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning" && !document.querySelector('[data-testid="stSkeleton"]');
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function isDone() {
  try { return localStorage.getItem(STORE) === "done"; } catch { return false; } // storage may be forbidden
}

function keepDone(done) {
  try { done ? localStorage.setItem(STORE, "done") : localStorage.removeItem(STORE); } catch { /* then it comes back with the next visit */ }
}

function draw(root, data, steps) {
  const words = data.words, make = (label, name, press) => { const node = element("button", { type: "button", class: name }, label); node.onclick = press; return node; };
  const count = element("span", { class: "count tabular" }), title = element("h2", { id: "title" }), text = element("p");
  const said = element("div", { "aria-live": "polite" }, element("div", { class: "head" }, title, count), text);
  const box = element("input", { type: "checkbox", id: "good" });
  box.checked = true;
  const move = (step) => { Object.assign(memory, { step, invited: false, isOffered: false }); tour.update(); tour.reveal(); };
  const next = make(words.next, "main", () => (memory.step < steps.length - 1 ? move(memory.step + 1) : tour.close()));
  const skip = make(words.skip, "plain", () => tour.close());
  const start = make(words.start, "main", () => { move(0); next.focus({ preventScroll: true }); });
  const hint = element("div", { class: "hint" }, said, element("div", { class: "row" }, element("label", { class: "good", for: "good" }, box, words.forGood), skip, next));
  const invitation = element("div", { class: "invitation" }, element("span", {}, words.invitation), make(words.skip, "plain", () => tour.close()), start);
  const card = element("div", { class: "card", role: "dialog", "aria-modal": "false", "aria-label": words.name, tabindex: -1 }, hint, invitation);
  const badge = element("span", { class: "badge" }), ring = element("div", { class: "ring", "aria-hidden": "true" }, badge);
  root.replaceChildren(ring, card);

  const tour = {
    card,
    update() {
      memory.step = Math.max(0, Math.min(memory.step, steps.length - 1));
      const step = steps[memory.step];
      title.textContent = step.title;
      text.textContent = step.words;
      count.textContent = `${memory.step + 1} ${words.of} ${steps.length}`;
      badge.textContent = memory.step + 1;
      skip.hidden = memory.step === steps.length - 1;
      next.textContent = skip.hidden ? words.done : words.next;
      card.classList.remove("away"); // what isn't drawn has no size
      tour.settle();
      tour.place();
    },
    // Which corner. Not asked while the page scrolls: a card that jumps about is harder to read than one in the way.
    settle() {
      const node = target(steps[memory.step]);
      if (!node) return;
      const dress = (invited) => { memory.invited = hint.hidden = invited; invitation.hidden = !invited; };
      dress(false);
      if (memory.isOffered) dress(!hasRoom(card, node)); // nobody has asked for it yet: it takes no more room than there is
      if (memory.open && card.offsetWidth) tour.corner = bestCorner(card, memory.invited ? null : node.getBoundingClientRect());
    },
    // Away while nothing is seen of what it explains.
    place() {
      const node = target(steps[memory.step]), seen = node && visiblePart(node);
      card.classList.toggle("away", !memory.open || (!memory.invited && !seen));
      ring.classList.toggle("away", !memory.open || memory.invited || !seen);
      if (!memory.open || !node) return;
      const at = node.getBoundingClientRect(), spot = corners(card)[tour.corner ?? 0];
      card.style.transform = `translate(${spot.x}px, ${spot.y}px)`;
      ring.style.transform = `translate(${at.left - RING}px, ${at.top - RING}px)`;
      ring.style.width = `${at.width + 2 * RING}px`;
      ring.style.height = `${at.height + 2 * RING}px`;
    },
    reveal() {
      const node = target(steps[memory.step]), at = node.getBoundingClientRect();
      if (at.top >= 60 && at.bottom <= innerHeight && !overlap(boxOf(corners(card)[tour.corner], card), at)) return;
      tour.underWay = true; // where it stands when the page has come to rest is asked then
      const above = Math.max(TOP, (innerHeight - at.height) / 2 < card.offsetHeight + 2 * EDGE ? TOP : (innerHeight - at.height) / 2);
      document.querySelector(".stMain").scrollBy({ top: at.top - above, behavior: isStill() ? "auto" : "smooth" });
      if (isStill()) { tour.settle(); tour.place(); }
    },
    close() {
      keepDone(box.checked);
      Object.assign(memory, { open: false, shut: true });
      tour.place();
    },
  };
  return tour;
}

const boxOf = (spot, card) => ({ left: spot.x, top: spot.y, right: spot.x + card.offsetWidth, bottom: spot.y + card.offsetHeight });
const overlap = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));

function visiblePart(node) {
  const at = node.getBoundingClientRect(), high = Math.min(at.bottom, innerHeight) - Math.max(at.top, 0);
  return high >= Math.min(120, at.height * 0.6);
}

// Bottom right of the page, bottom left, top right, top left; the sidebar lies above whatever the page draws.
function corners(card) {
  const main = document.querySelector(".stMain").getBoundingClientRect();
  const left = Math.max(main.left, 0) + EDGE, right = Math.min(main.right, innerWidth) - EDGE - card.offsetWidth, low = innerHeight - EDGE - card.offsetHeight;
  return [[right, low], [left, low], [right, TOP - EDGE], [left, TOP - EDGE]].map(([x, y]) => ({ x: Math.max(x, EDGE / 2), y }));
}

// The first corner in which the card covers nothing of what it explains and the middle of no control; else the one that covers least.
function bestCorner(card, at) {
  const found = controls();
  const costs = corners(card).map((spot, i) => {
    const box = boxOf(spot, card);
    return (at ? 100 * overlap(box, at) : 0) + (i > 1 ? 4 : 0) + found.filter((node) => covers(box, node)).length; // the top is where people type
  });
  return costs.indexOf(Math.min(...costs));
}

// Whether the middle of a control lies in the box, and is to be seen: what a closed part of the page hides has a place, too.
function covers(box, node) {
  const own = node.getBoundingClientRect(), x = (own.left + own.right) / 2, y = (own.top + own.bottom) / 2, host = node.getRootNode().host;
  const isInside = x > box.left - 4 && x < box.right + 4 && y > box.top - 4 && y < box.bottom + 4;
  return isInside && document.elementsFromPoint(x, y).some((one) => one === node || one === host || node.contains(one));
}

function controls() {
  const what = "button, a, input, textarea, summary, [role=button], [role=slider], [role=combobox], [role=radio]";
  const hosts = [...document.querySelectorAll('.stMain [data-testid="stBidiComponentIsolated"] *')].filter((node) => node.shadowRoot);
  return [...document.querySelectorAll(what), ...hosts.flatMap((host) => [...host.shadowRoot.querySelectorAll(what)])].filter((node) => !node.closest(".card[role=dialog]"));
}

// Whether the first hint can stand in a corner without covering what it explains; else an invitation of one line stands there.
function hasRoom(card, node) {
  const at = node.getBoundingClientRect();
  return visiblePart(node) && corners(card).slice(0, 2).some((spot) => !overlap(boxOf(spot, card), at));
}
