// Turns what stands on the page into what the server rendered, touching only what differs.
// Rows are matched by data-key, text nodes are rewritten in place, what a reader opened or types is left alone: a row (or,
// where there are no rows, the whole block) with a field that has the focus or holds something new waits until it has not.

const parse = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html; // rendered and escaped by the server; the page's policy runs no script from it
  return template.content.firstElementChild;
};

const flash = (element) => {
  const cell = element?.closest("[data-flash]");
  if (!cell) return;
  cell.classList.remove("moved");
  void cell.offsetWidth; // a second change within the fade starts it again
  cell.classList.add("moved");
};

const patchAttributes = (now, next) => {
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && name !== "open") now.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  }
};

const isTouched = (field) => {
  if (field.form?.hasAttribute("data-go")) return false; // a filter: refresh.js fills it in
  if (field === document.activeElement) return true;
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  if (field.matches("select")) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
  return field.value !== field.defaultValue;
};

// Whether a person types in it; data-typed: it came back with what was typed and what is wrong with it.
export const isInUse = (element) =>
  element.matches("[data-typed]") || element.querySelector("[data-typed]") !== null ||
  [...element.querySelectorAll("input[name]:not([type=hidden]), select[name], textarea[name]")].some(isTouched);

const alike = (now, next) =>
  now.nodeType === next.nodeType && now.nodeName === next.nodeName && now.dataset?.key === next.dataset?.key;

const patchChildren = (now, next) => {
  const wanted = [...next.childNodes];
  while (now.childNodes.length > wanted.length) now.lastChild.remove();
  wanted.forEach((child, index) => {
    const present = now.childNodes[index];
    if (!present) now.append(child);
    else if (alike(present, child)) patch(present, child);
    else present.replaceWith(child);
  });
};

// The rows of a container in the order of their keys; `made` has a row as it should be, or nothing where it stays.
const arrange = (container, keys, made) => {
  const present = new Map([...container.children].filter((c) => c.dataset.key).map((c) => [c.dataset.key, c]));
  for (const [key, element] of present) {
    if (!keys.includes(key) && !isInUse(element)) element.remove();
  }
  let before = [...container.children].filter((c) => !c.dataset.key).at(-1) ?? null;
  for (const key of keys) {
    const next = made(key);
    const element = present.get(key) ?? next;
    if (element !== next && next) patch(element, next);
    const place = before ? before.nextElementSibling : container.firstElementChild;
    if (element !== place && !(present.has(key) && isInUse(element))) container.insertBefore(element, place); // a move ends the focus
    before = element;
  }
};

const isOfRows = (element) => element.children.length > 0 && [...element.children].every((child) => child.dataset.key);

const patchRows = (now, next) => {
  const rows = new Map([...next.children].map((row) => [row.dataset.key, row]));
  arrange(now, [...rows.keys()], (key) => rows.get(key));
};

export const patch = (now, next) => {
  if (now.nodeType !== Node.ELEMENT_NODE) {
    if (now.nodeValue === next.nodeValue) return;
    now.nodeValue = next.nodeValue;
    flash(now.parentElement);
    return;
  }
  const ofRows = isOfRows(now) && isOfRows(next);
  if (!ofRows && isInUse(now)) return;
  patchAttributes(now, next);
  if (ofRows) patchRows(now, next);
  else patchChildren(now, next);
};

// One part of a frame: `keys` in their order, `rows` with the HTML of those that changed.
export const patchPart = (container, { keys, rows }) =>
  arrange(container, keys, (key) => (rows[key] === undefined ? undefined : parse(rows[key])));
