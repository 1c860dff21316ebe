// Pages that are lists: when something happened (or prices moved) the page is read again, and only what differs is
// touched. An element with data-refresh="journal" or "journal prices" is such a list or block; it needs an id.

import { patch, patchPart } from "./patch.js";

const LEAST_PAUSE_MS = 1_000; // between two readings, at least; a hidden tab reads when it is looked at
const MOST_OF_THE_TIME = 4; // and four times as long as the last one took, so that a slow machine is not kept busy

let known = null; // what the page was last read for: the event number and the time of the prices
let wanted = false;
let reading = false;

const watched = () => [...document.querySelectorAll("[data-refresh]")];
const moves = (what) => watched().some((element) => element.dataset.refresh.split(" ").includes(what));

const rows = (element) => {
  const children = [...element.children];
  return { keys: children.map((c) => c.dataset.key), rows: Object.fromEntries(children.map((c) => [c.dataset.key, c.outerHTML])) };
};

const bring = (now, next) => {
  if ([...next.children].every((child) => child.dataset.key) && next.children.length) patchPart(now, rows(next));
  else patch(now, document.adoptNode(next));
};

const read = async () => {
  const answer = await fetch(location.href, { headers: { "X-Refresh": "1" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const element of watched()) {
    const next = page.getElementById(element.id);
    if (next) bring(element, next);
  }
};

const refresh = async () => {
  if (reading || document.hidden || !wanted) return;
  [reading, wanted] = [true, false];
  const began = Date.now();
  try {
    await read();
  } catch {
    wanted = true; // the bar says that the connection is lost; the next bell tries again
  }
  setTimeout(() => { reading = false; refresh(); }, Math.max(LEAST_PAUSE_MS, MOST_OF_THE_TIME * (Date.now() - began)));
};

const hear = ({ detail }) => {
  const next = { number: detail.number, prices: detail.facts.prices ?? "" };
  const isNew = known && ((next.number !== known.number && moves("journal")) || (next.prices !== known.prices && moves("prices")));
  known = next;
  wanted ||= Boolean(isNew);
  refresh();
};

// Links and forms with data-go change the address and the lists, without loading the page anew.
const go = async (address, { remember = true } = {}) => {
  if (remember) history.pushState(null, "", address);
  try {
    await read();
  } catch {
    location.assign(address);
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
  go(`${location.pathname}?${new URLSearchParams(new FormData(form))}`);
};

document.addEventListener("click", follow);
document.addEventListener("submit", send);
document.addEventListener("change", (event) => { if (event.target.matches("form[data-go] select")) send(event); });
addEventListener("popstate", () => go(location.href, { remember: false }));
document.addEventListener("windlass:shown", hear);
document.addEventListener("visibilitychange", refresh);
