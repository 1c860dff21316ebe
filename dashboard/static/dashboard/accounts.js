// While a pre-flight or a test order runs, its lines come one by one: the page is read again each second until none runs.

import { patch } from "./patch.js";

const PAUSE_MS = 1_000;
const PARTS = ["preflight", "test-order", "arming", "way"];

const running = () => document.querySelector("[data-running]") !== null;

const read = async () => {
  const answer = await fetch(location.href, { headers: { "X-Refresh": "1" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const name of PARTS) {
    const [now, next] = [document.getElementById(name), page.getElementById(name)];
    if (now && next) patch(now, document.adoptNode(next));
  }
};

const follow = async () => {
  if (running() && !document.hidden) {
    try {
      await read();
    } catch {
      // the bar says that the connection is lost; the next second tries again
    }
  }
  setTimeout(follow, PAUSE_MS);
};

setTimeout(follow, PAUSE_MS);
