// The bar above the chart: what is drawn next, which indicators there are, which of our own marks are shown.

const SHOWN = "windlass-chart-shown";

const chip = (key, title, change, remove) => {
  const [name, ...numbers] = key.split("-");
  const made = document.createElement("span");
  made.className = "chip";
  made.append(title);
  numbers.forEach((number, place) => {
    const field = document.createElement("input");
    Object.assign(field, { value: number, inputMode: "decimal", ariaLabel: `${title}, number ${place + 1}` });
    field.addEventListener("change", () => change([name, ...numbers.with(place, field.value.trim())].join("-")));
    made.append(field);
  });
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: "×", ariaLabel: `Take ${title} away` });
  button.addEventListener("click", remove);
  made.append(button);
  return made;
};

// `chosen` is the list of keys, changed here; `changed` is told.
export const indicatorTools = (tools, chosen, changed) => {
  const menu = tools.querySelector("[data-indicator]");
  const place = tools.querySelector("[data-chips]");
  const titles = Object.fromEntries([...menu.options].map((option) => [option.value.split("-")[0], option.text.replace(" ▁", "")]));
  const set = (keys) => {
    chosen.splice(0, chosen.length, ...new Set(keys));
    draw();
    changed();
  };
  const draw = () => place.replaceChildren(...chosen.map((key) => chip(
    key,
    titles[key.split("-")[0]],
    (next) => set(chosen.map((one) => (one === key ? next : one))),
    () => set(chosen.filter((one) => one !== key)),
  )));
  menu.addEventListener("change", () => {
    if (menu.value) set([...chosen, menu.value]);
    menu.value = "";
  });
  draw();
};

export const drawingTools = (tools, drawings) => {
  const buttons = [...tools.querySelectorAll("[data-tool]")];
  const erase = tools.querySelector("[data-erase]");
  const colour = tools.querySelector("[data-colour]");
  for (const button of buttons) {
    button.addEventListener("click", () => drawings.start(drawings.begun?.kind === button.dataset.tool ? null : button.dataset.tool, colour.value));
  }
  erase.addEventListener("click", () => drawings.erase());
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea, dialog")) return;
    if (event.key === "Escape") { drawings.start(null); }
    if (event.key === "Delete" || event.key === "Backspace") drawings.erase();
  });
  const list = drawnList(tools.querySelector("[data-drawn]"), drawings);
  return () => {
    for (const button of buttons) button.ariaPressed = String(drawings.begun?.kind === button.dataset.tool);
    erase.disabled = !drawings.selected;
    list();
  };
};

const button = (text, act, more = {}) => {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, className: "mini", ...more });
  made.addEventListener("click", act);
  return made;
};

// The drawings as a list: a canvas has no names for a reader who does not see it, and thin lines are hard to tap.
const drawnList = (place, drawings) => () => {
  const { rows, selected } = drawings;
  place.hidden = !rows.length;
  place.querySelector("summary").textContent = `${rows.length} drawn`;
  place.querySelector("ul").replaceChildren(...rows.map((row) => {
    const item = document.createElement("li");
    const name = `${row.kind.toLowerCase()} ${row.points.map(([, price]) => Number(price).toLocaleString("en", { maximumFractionDigits: 12 })).join(" – ")}`;
    const erase = () => { drawings.select(row); drawings.erase(); };
    item.append(button(name, () => drawings.select(row), { ariaPressed: String(row === selected) }), button("×", erase, { ariaLabel: `Erase ${name}` }));
    return item;
  }));
};

export const shownTools = (tools, changed) => {
  const boxes = [...tools.querySelectorAll("[data-show]")];
  const hidden = new Set(JSON.parse(localStorage.getItem(SHOWN) ?? "[]"));
  for (const box of boxes) {
    box.checked = !hidden.has(box.dataset.show);
    box.addEventListener("change", () => {
      hidden[box.checked ? "delete" : "add"](box.dataset.show);
      localStorage.setItem(SHOWN, JSON.stringify([...hidden]));
      changed();
    });
  }
  return (kind) => !hidden.has(kind);
};
