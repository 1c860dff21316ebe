// Pages that are lists: when something happened (or prices moved) the page is read again, and only what differs is
// touched. An element with data-refresh is such a list or block; it needs an id, and says when it is read again:
// "journal" when something happened, "prices" when they moved, "tick" every two seconds for what no journal tells,
// "form" only with another filter. data-tail: its newest rows stand on top, so it waits while one reads further down.

import { patch } from "./patch.js";

const LEAST_PAUSE_MS = 1_000; // between two readings, at least; a hidden tab reads when it is looked at
const MOST_OF_THE_TIME = 4; // and four times as long as the last one took, so that a slow machine is not kept busy

// What the page was last read for: the event number (at first the server's own, so that nothing is missed between its
// reading and the first frame) and the time of the prices, which the first frame tells.
let known = { number: Number(document.querySelector(".stage").dataset.number), prices: null };
let wanted = false;
let reading = false;
let turn = 0; // counts the addresses that were asked for: an answer to an earlier one is dropped
let going = 0; // how many of them are on their way
let place = location.pathname + location.search; // what the page shows
let behind = false; // a list waits for its reader to come back to its top

const moves = (what) => document.querySelector(`[data-refresh~="${what}"]`) !== null;

// The page as the server has it now: none where it answers with an error or leads elsewhere.
const fetched = async () => {
  const mine = turn;
  const answer = await fetch(location.href, { headers: { "X-Refresh": "1" } });
  const text = await answer.text();
  const page = answer.ok && !answer.redirected ? new DOMParser().parseFromString(text, "text/html") : null;
  return { page, isLate: mine !== turn };
};

const isReadOn = (list) => list.getBoundingClientRect().top < document.querySelector(".bar").getBoundingClientRect().bottom;
const isHeld = (element) => element.matches("[data-tail]") && isReadOn(element);

const show = (page, { whole = false } = {}) => {
  behind = false;
  for (const element of document.querySelectorAll("[data-refresh]")) {
    const next = page.getElementById(element.id);
    if (next && !whole && isHeld(element)) behind = true;
    else if (next) patch(element, next);
  }
};

const catchUp = () => {
  if (!behind || [...document.querySelectorAll("[data-tail]")].some(isHeld)) return;
  [behind, wanted] = [false, true];
  refresh();
};

const refresh = async () => {
  if (reading || going || document.hidden || !wanted) return;
  [reading, wanted] = [true, false];
  const began = Date.now();
  try {
    const { page, isLate } = await fetched();
    if (page && !isLate) show(page);
  } catch {
    wanted = true; // the bar says that the connection is lost; the next bell tries again
  }
  setTimeout(() => { reading = false; refresh(); }, Math.max(LEAST_PAUSE_MS, MOST_OF_THE_TIME * (Date.now() - began)));
};

const hear = ({ detail }) => {
  const next = { number: detail.number, prices: detail.facts.prices ?? "" };
  const isFirst = known.prices === null;
  const happened = { journal: next.number !== known.number, prices: !isFirst && next.prices !== known.prices, tick: !isFirst };
  wanted ||= Object.keys(happened).some((what) => happened[what] && moves(what));
  known = next;
  refresh();
};

// The fields of filters by form and name; what each holds.
const fields = (page) => new Map([...page.querySelectorAll("form[data-go]")].flatMap((form, index) =>
  [...form.elements].filter((field) => field.name).map((field) => [`${index} ${field.name}`, field])));
const held = (field) => (field.type === "checkbox" ? field.checked : field.value);
const typed = () => new Map([...fields(document)].map(([name, field]) => [name, held(field)]));

// A filter says what the address asks for, also after "Clear" or a step back; `names`: what was not typed in meanwhile.
const fill = (page, names) => {
  const next = fields(page);
  for (const [name, field] of fields(document)) {
    if (!names.includes(name) || !next.has(name) || held(field) === held(next.get(name))) continue;
    if (field.type === "checkbox") field.checked = held(next.get(name));
    else field.value = held(next.get(name));
  }
};

// Links and forms with data-go change the address and the lists, without loading the page anew. Where the server has no
// such page, or the log-in has ended, it is loaded all the same: rows never stand under a filter that is not theirs.
const go = async (address, { remember = true } = {}) => {
  if (remember) history.pushState(null, "", address);
  place = location.pathname + location.search;
  const mine = (turn += 1);
  const load = () => location.replace(address.split("#")[0]);
  const before = typed();
  going += 1;
  try {
    const { page, isLate } = await fetched();
    if (isLate) return;
    if (!page) return load();
    const names = [...typed()].filter(([name, value]) => value === before.get(name)).map(([name]) => name);
    show(page, { whole: true });
    fill(page, names);
  } catch {
    if (mine === turn) load();
  } finally {
    going -= 1;
    refresh();
  }
};

const follow = (event) => {
  const link = event.target.closest("a[data-go]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href);
};

const send = (event) => {
  const form = event.target.closest("form[data-go]");
  if (!form) return;
  event.preventDefault();
  go(`${form.getAttribute("action") ?? location.pathname}?${new URLSearchParams(new FormData(form))}`);
};

document.addEventListener("click", follow);
document.addEventListener("submit", send);
document.addEventListener("change", (event) => { if (event.target.matches("form[data-go] select")) send(event); });
addEventListener("popstate", () => { if (place !== location.pathname + location.search) go(location.href, { remember: false }); });
document.addEventListener("windlass:shown", hear);
document.addEventListener("visibilitychange", refresh);
document.addEventListener("scroll", catchUp, { passive: true });
