// The page's live half: a socket that brings numbered frames, and what stands here while it is lost.

import { ageOf, setServerTime, span, tick } from "./ages.js";
import { isAnswer } from "./answer.js";
import { isInUse, patchPart } from "./patch.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SILENCE_MS = 8_000; // the server says something every 2 s
const TICK_MS = 1_000;

const lost = document.querySelector("[data-lost]");
const link = document.querySelector("[data-link]");
const stage = document.querySelector(".stage");
let socket = null;
let number = null; // the event number that the page shows; null until the first snapshot
let turn = null; // of the last message that was shown: the next one's is one more
let shownAt = null;
let heardAt = Date.now();
let wait = FIRST_WAIT_MS;
let trouble = "";
let isOver = false; // logged out elsewhere, on a page that loading again would take something from
const began = Date.now();

const bare = document.querySelector("[data-bare]"); // stands where rows would be, on a page that has no account to show
const { view, account } = stage.dataset; // "overview" watches everything of an account, "bar" its bar alone

const address = () => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/ws/live?${new URLSearchParams({ view, account })}`;
};

const show = ({ at, parts, facts, number: reached, turn: taken }) => {
  for (const [name, part] of Object.entries(parts)) {
    const container = document.querySelector(`[data-part="${name}"]`);
    if (container) patchPart(container, part);
  }
  if (bare && document.querySelector(".health[data-account]")) location.reload(); // the first one was added: another shape
  for (const [name, text] of Object.entries(facts)) {
    for (const element of document.querySelectorAll(`[data-fact="${name}"]`)) element.textContent = text;
  }
  [number, turn, shownAt, trouble] = [reached, taken, at, ""];
  document.documentElement.dataset.number = reached;
  setServerTime(at);
  tick();
  document.dispatchEvent(new CustomEvent("windlass:shown", { detail: { number, facts } })); // refresh.js listens
};

const receive = ({ data }) => {
  heardAt = Date.now();
  const message = JSON.parse(data);
  if (message.type === "trouble") trouble = message.message;
  else if (message.type === "snapshot" || (message.after === number && message.turn === turn + 1)) show(message);
  else socket.send(JSON.stringify({ type: "snapshot" })); // a frame is missing: start again from the whole
  describe();
};

const describe = () => {
  if (isOver) return;
  const connected = socket?.readyState === WebSocket.OPEN && Date.now() - heardAt < SILENCE_MS;
  const isCurrent = connected && !trouble;
  const why = trouble || "Connection lost, trying again.";
  const isYoung = shownAt === null && Date.now() - began < SILENCE_MS; // the first frame is on its way
  lost.hidden = isCurrent || (isYoung && !trouble);
  lost.textContent = `${why} What is shown is ${shownAt ? `${span(ageOf(shownAt))} old` : "from the first loading"}.`;
  stage.classList.toggle("stale", !lost.hidden);
  if (link) link.textContent = isCurrent && shownAt ? "live" : "not live";
};

// Logged out elsewhere: the server sends whoever loads the page to the login. What was typed, or answered once, stands first.
const leave = () => {
  if (!isAnswer && !isInUse(document.body)) return location.reload();
  const again = Object.assign(document.createElement("a"), { href: location.pathname + location.search, textContent: "load the page again" });
  again.style.color = "inherit";
  describe();
  lost.replaceChildren("You are logged out: nothing here moves or is kept any more. Take along what you need, then ", again, ".");
  [isOver, lost.hidden] = [true, false];
  stage.classList.add("stale");
};

const connect = () => {
  socket = new WebSocket(address());
  socket.addEventListener("message", receive);
  socket.addEventListener("open", () => { wait = FIRST_WAIT_MS; heardAt = Date.now(); });
  socket.addEventListener("close", ({ code }) => {
    if (code === 4401) return leave();
    describe();
    setTimeout(connect, wait * (0.5 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  });
};

const openDialogs = (event) => {
  const opener = event.target.closest("[data-open]");
  const dialog = opener && document.getElementById(opener.dataset.open);
  if (dialog) {
    event.preventDefault();
    opener.closest("dialog")?.close();
    dialog.showModal();
  }
  const closer = event.target.closest("dialog [data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
};

document.addEventListener("click", openDialogs);
setInterval(() => { tick(); describe(); if (Date.now() - heardAt > 2 * SILENCE_MS) socket.close(); }, TICK_MS);
connect();
