// When a popover's button is pressed, its first control takes the focus: without this the next Tab would go to what stands behind the button.

const BUTTON = '[data-testid="stPopoverButton"]', BODY = '[data-testid="stPopoverBody"]', UNDER_WAY = '[data-testid="stSkeleton"]';
const CONTROLS = "button, input, textarea, summary, a[href], [tabindex]";
const ANSWERED = 10_000, SHUT = 1000; // ms: what stands in it may come with an answer of the server; it fades

export default function ({ parentElement }) {
  const root = rootOf(parentElement);
  root.end?.(); // the last run of this; what waits goes on waiting, though the press has the page drawn anew
  const listening = new AbortController(), until = { signal: listening.signal, capture: true };
  root.end = () => listening.abort();
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(BUTTON);
    if (button) enter(button, performance.now() + ANSWERED);
  }, until);
  document.addEventListener("keydown", (event) => {
    const inside = event.target.closest?.(BODY), box = event.key === "Escape" && inside;
    if (inside && event.key === "Enter" && event.repeat) event.preventDefault(); // held down on the button, it would press what took the focus
    const button = box && [...document.querySelectorAll(`${BUTTON}[aria-expanded="true"]`)].find((one) => one.checkVisibility());
    if (box && button) leave(button, box, performance.now() + SHUT);
  }, until);
  return root.end;
}

function enter(button, until) {
  requestAnimationFrame((now) => {
    const isAt = document.activeElement === button || isNowhere(); // Safari gives a clicked button no focus
    if (!isAt || now > until) return; // whoever has gone on meanwhile is not called back
    const isOpen = button.getAttribute("aria-expanded") === "true";
    const box = [...document.querySelectorAll(BODY)].at(-1); // one that is closing stands before it
    const stands = isOpen && box && !box.querySelector(UNDER_WAY), control = stands && firstControl(box);
    if (!control) return enter(button, until);
    const bringsKeys = matchMedia("(pointer: coarse)").matches && control.matches("input, textarea"); // a keyboard on the glass, over the popover
    if (!bringsKeys) control.focus({ preventScroll: true });
  });
}

// Streamlit gives the focus back itself, but a button with a hint is in the document twice, and in a narrow window that goes to the hidden one.
function leave(button, box, until) {
  requestAnimationFrame((now) => {
    if (box.isConnected && now < until) return leave(button, box, until);
    if (!box.isConnected && button.isConnected && isNowhere()) button.focus({ preventScroll: true });
  });
}

const isNowhere = () => document.activeElement === document.body;

function firstControl(node) {
  for (const child of node.children) {
    const takes = child.matches(CONTROLS) && child.tabIndex >= 0 && !child.disabled && child.checkVisibility({ visibilityProperty: true });
    const found = takes ? child : firstControl(child.shadowRoot ?? child);
    if (found) return found;
  }
  return null;
}
