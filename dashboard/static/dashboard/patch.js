// Turns what stands on the page into what the server rendered, touching only what differs.
// Rows are matched by data-key, text nodes are rewritten in place, what a reader opened or typed is left alone.

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

export const patch = (now, next) => {
  if (now.nodeType !== Node.ELEMENT_NODE) {
    if (now.nodeValue === next.nodeValue) return;
    now.nodeValue = next.nodeValue;
    flash(now.parentElement);
    return;
  }
  patchAttributes(now, next);
  patchChildren(now, next);
};

// One part of a frame: `keys` in their order, `rows` with the HTML of those that changed.
export const patchPart = (container, { keys, rows }) => {
  const present = new Map([...container.children].filter((c) => c.dataset.key).map((c) => [c.dataset.key, c]));
  for (const [key, element] of present) {
    if (!keys.includes(key)) element.remove();
  }
  let before = [...container.children].filter((c) => !c.dataset.key).at(-1) ?? null;
  for (const key of keys) {
    let element = present.get(key);
    if (!element) element = parse(rows[key]);
    else if (rows[key] !== undefined) patch(element, parse(rows[key]));
    const place = before ? before.nextElementSibling : container.firstElementChild;
    if (element !== place) container.insertBefore(element, place);
    before = element;
  }
};
