// Keeps the page up to date: fetches it again every second and patches what has changed, in place.
// Without this file everything works; the page is then as old as its last load.

const EVERY_MS = 1000;
const GIVE_UP_MS = 5000;
let fresh = Date.now();

/** Make `old` like `next`: texts and attributes in place, children that fit are kept. */
function patch(old, next) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) {
      old.data = next.data;
      flash(old.parentElement);
    }
    return;
  }
  for (const { name, value } of [...next.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  const before = [...old.childNodes], after = [...next.childNodes];
  after.forEach((node, index) => {
    const here = before[index];
    if (!here) old.append(document.importNode(node, true));
    else if (here.nodeType !== node.nodeType || here.nodeName !== node.nodeName) here.replaceWith(document.importNode(node, true));
    else patch(here, node);
  });
  before.slice(after.length).forEach((node) => node.remove());
}

function flash(element) {
  const cell = element?.closest("td.num, .v");
  if (!cell) return;
  cell.classList.remove("changed");
  requestAnimationFrame(() => cell.classList.add("changed"));
}

/** Somebody is filling in this panel: leave it alone. */
const busy = (panel) => panel.contains(document.activeElement) && document.activeElement.closest("form, details") !== null;

async function refresh() {
  const reply = await fetch(location.search || "/", { headers: { accept: "text/html" }, signal: AbortSignal.timeout(GIVE_UP_MS) });
  if (!reply.ok) throw new Error(`${reply.status}`);
  const next = new DOMParser().parseFromString(await reply.text(), "text/html");
  for (const panel of document.querySelectorAll("[data-live]")) {
    const fitting = next.getElementById(panel.id);
    if (fitting && !busy(panel) && !panel.querySelector("details[open]")) patch(panel, fitting);
  }
  fresh = Date.now();
  document.body.classList.remove("silent");
}

function silent() {
  document.body.classList.add("silent");
  const age = document.getElementById("age");
  if (age) age.textContent = `no answer for ${Math.round((Date.now() - fresh) / 1000)} s; what is shown is that old`;
}

async function run() {
  for (;;) {
    await new Promise((done) => setTimeout(done, EVERY_MS));
    if (document.hidden) continue;
    try {
      await refresh();
    } catch {
      silent();
    }
  }
}

if (location.pathname !== "/") history.replaceState(null, "", "/");
run();
