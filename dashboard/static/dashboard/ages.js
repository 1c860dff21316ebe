// Ages tick here between frames, against the server's clock; what passes its limit is marked, and by how much.

const THIN = "\u202f";
const UNITS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];
let ahead = 0; // this machine's clock minus the server's, ms

export const setServerTime = (iso) => {
  ahead = Date.now() - Date.parse(iso);
};

export const span = (secs) => {
  if (secs < 1) return `< 1${THIN}s`;
  const [size, name] = UNITS.find(([unit]) => secs >= unit);
  return `${Math.floor(secs / size)}${THIN}${name}`;
};

export const ageOf = (iso) => Math.max(0, (Date.now() - ahead - Date.parse(iso)) / 1000);

const write = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

const mark = (pulse, age) => {
  const late = age - Number(pulse.dataset.limit);
  const isLate = pulse.dataset.limit !== undefined && late > 0;
  pulse.classList.toggle("late", isLate || pulse.dataset.trouble !== undefined);
  write(pulse.querySelector("[data-by]"), isLate ? ` · late by ${span(late)}` : "");
};

export const tick = () => {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const age = ageOf(time.dateTime);
    write(time, span(age));
    const pulse = time.closest("[data-pulse]");
    if (pulse) mark(pulse, age);
  }
};
