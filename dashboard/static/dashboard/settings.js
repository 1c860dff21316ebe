// The page Settings: finds as one types, counts what was changed, and draws legs and rungs as rows of numbers.
// Without it everything works: the search is a form, legs are text, the server says what differs.

const form = document.getElementById("settings");
const find = document.getElementById("find");
const HEADS = { legs: ["gap %", "weight %", "take-profit %"], rungs: ["multiple", "share %"] };
const WIDTH = { legs: "three", rungs: "two" };
const SUMMED = { legs: 1, rungs: 1 }; // the cell whose sum must be 100

// finding -------------------------------------------------------------------------------------------

const sections = () => [...form.querySelectorAll("[data-section]")];

const narrow = () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of form.querySelectorAll("[data-row]")) {
    const text = `${row.closest("[data-section]").id} ${row.textContent}`.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
  for (const section of sections()) {
    section.hidden = !section.querySelector("[data-row]:not([hidden])");
    section.open ||= words.length > 0;
  }
};

// On a phone sections are folded (settings_fold.js); one that is jumped to opens.
const unfold = (event) => {
  const section = document.getElementById(event.target.closest(".jump a")?.hash.slice(1) ?? "");
  if (section) section.open = true;
};

// what was changed ------------------------------------------------------------------------------------

const ticked = (row) => [...row.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value).join(", ") || "none";

const isChanged = (row) => {
  const seen = row.querySelector("[name^='s.']"); // what held when the page was drawn; none: not to be changed here
  if (!seen) return false;
  const field = row.querySelector("[name^='v.']:not([type=checkbox])");
  return (field ? field.value : ticked(row)) !== seen.value;
};

const count = () => {
  const rows = [...form.querySelectorAll("[data-row]")];
  const changed = rows.filter(isChanged);
  for (const row of rows) row.classList.toggle("changed", changed.includes(row));
  const review = document.getElementById("review");
  if (!review) return;
  review.classList.toggle("some", changed.length > 0);
  const said = changed.length ? `${changed.length} changed, nothing written yet` : "Change what you like, then look at what it means.";
  document.getElementById("review-count").textContent = said;
};

// legs and rungs --------------------------------------------------------------------------------------

const made = (name, fields = {}, ...children) => {
  const element = Object.assign(document.createElement(name), fields);
  element.append(...children);
  return element;
};

const parsed = (text) => [...text.matchAll(/\(([^()]*)\)/g)].map((found) => found[1].split(",").map((cell) => cell.trim()));

// In hundredths of a millionth, so that 33.3 + 33.3 + 33.4 is 100 and not nearly so.
const whole = (text) => Math.round(Number(text.replace("−", "-")) * 1e8);

const editor = (area) => {
  const kind = area.dataset.rows;
  const heads = HEADS[kind];
  const rows = parsed(area.value);
  if (!rows.length || rows.some((row) => row.length !== heads.length)) return; // written in another way: it stays text
  const box = made("div", { className: `rowset ${WIDTH[kind]}` });
  const lines = made("div", { className: "rowset" });
  const sum = made("span", { className: "small muted" });
  const label = document.querySelector(`label[for="${area.id}"]`)?.textContent ?? "";

  const write = () => {
    const cells = [...lines.children].map((line) => [...line.querySelectorAll("input")].map((input) => input.value.trim()));
    area.value = cells.map((line) => `(${line.join(", ")})`).join(" ");
    const total = cells.reduce((together, line) => together + whole(line[SUMMED[kind]]), 0);
    sum.textContent = Number.isFinite(total) ? `${heads[SUMMED[kind]]} together: ${total / 1e8}` : "a number is missing";
    sum.className = `small ${total === 100e8 ? "muted" : "warned"}`;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const line = (values) => {
    const inputs = values.map((value, cell) => made("input", { type: "text", inputMode: "decimal", value, ariaLabel: `${label}, ${heads[cell]}` }));
    const gone = made("button", { type: "button", className: "mini", textContent: "×", ariaLabel: "Take this row out" });
    const one = made("div", { className: "one" }, ...inputs, gone);
    gone.addEventListener("click", () => { one.remove(); write(); });
    return one;
  };
  const add = made("button", { type: "button", className: "mini", textContent: "Add a row" });
  add.addEventListener("click", () => {
    const last = lines.lastElementChild;
    lines.append(line(last ? [...last.querySelectorAll("input")].map((input) => input.value) : heads.map(() => "")));
    write();
  });
  lines.append(...rows.map(line));
  lines.addEventListener("input", (event) => { event.stopPropagation(); write(); });
  const head = made("div", { className: "one heads" }, ...heads.map((text) => made("span", { textContent: text })), made("span"));
  box.append(head, lines, made("div", { className: "foot" }, add, sum));
  area.hidden = true;
  area.after(box);
  write();
};

if (form) {
  for (const area of form.querySelectorAll("textarea[data-rows]")) editor(area);
  addEventListener("pageshow", count); // also after going back, where the browser kept what was typed
  document.addEventListener("click", unfold);
  form.addEventListener("input", count);
  form.addEventListener("change", count);
  find?.addEventListener("input", narrow);
  find?.closest("form").addEventListener("submit", (event) => { event.preventDefault(); narrow(); });
}
