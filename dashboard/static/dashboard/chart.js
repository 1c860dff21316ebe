// The page Chart: reads candles, values and marks from its own server, draws them, and moves with the live frames.

import { Drawings } from "./chart_draw.js";
import { Marks } from "./chart_marks.js";
import { showBook, showLines, showTrades, showValues } from "./chart_panels.js";
import { Picture } from "./chart_picture.js";
import { Scale } from "./chart_scale.js";
import { drawingTools, indicatorTools, shownTools } from "./chart_tools.js";
import { whenThemeChanges } from "./chart_theme.js";

const LEAST_PAUSE_MS = 2_000; // between two readings while frames come
const FALLBACK_MS = 5_000; // without frames
const PATIENCE_MS = 20_000; // after so long without an answer of the venue one is told where to look

const panel = document.getElementById("chart-panel");
const find = (name) => panel.querySelector(`[data-${name}]`);

class Page {
  constructor() {
    const { symbol, account, timeframe, values, places, tick } = panel.dataset;
    Object.assign(this, { symbol, account, secs: Number(timeframe), chosen: values ? values.split(",") : [] });
    this.picture = new Picture(find("place"), { places: Number(places), tick: Number(tick) });
    const { chart, candles } = this.picture;
    this.scale = new Scale(chart);
    const colours = () => this.picture.palette;
    const isShown = shownTools(find("tools"), () => this.showMarks());
    this.marks = new Marks({ library: window.LightweightCharts, series: candles, scale: this.scale, colours, isShown });
    this.isShown = isShown;
    candles.applyOptions({ autoscaleInfoProvider: (usual) => this.marks.widen(usual()) });
    this.drawings = new Drawings({ series: candles, scale: this.scale, colours, keep: this.keeper(), hint: (text) => this.hint(text), changed: () => this.drawingChanged?.() });
    const shown = drawingTools(find("tools"), this.drawings);
    this.drawingChanged = () => { shown(); find("place").classList.toggle("drawing", Boolean(this.drawings.begun)); };
    indicatorTools(find("tools"), this.chosen, () => this.changed());
    Object.assign(this, { bars: [], values: [], number: null, readAt: 0, reading: 0, asking: true, began: Date.now() });
    Object.assign(this, { marksWanted: false, marksReadAt: 0, readingMarks: 0 });
    this.remember(); // the usual pair may be another one when the page is read again
    find("tools").inert = false;
    this.listen(chart);
  }

  // what is read

  address(place, more = {}) {
    const query = { account: this.account, symbol: this.symbol, timeframe: frameName(this.secs), ...more };
    return `${place}?${new URLSearchParams(query)}`;
  }

  async get(place, more) {
    const answer = await fetch(this.address(place, more));
    if (answer.status === 401) location.reload();
    const said = await answer.json();
    if (answer.ok) return said;
    throw new Refused([said.detail, said.advice].filter(Boolean).join(" "));
  }

  async read({ whole = false } = {}) {
    if (this.reading && !whole) return;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.reading = turn;
    const after = whole || this.bars.length < 2 ? {} : { after: String(this.bars.at(-2)[0]) };
    try {
      const said = await this.get(panel.dataset.data, { values: this.chosen.join(","), ...after });
      if (turn === this.turn) this.take(said, { whole: !after.after });
    } catch (error) {
      if (turn === this.turn) this.say(error instanceof Refused ? error.message : "Windlass does not answer; it is asked again.", { broken: true });
    }
    if (this.reading === turn) [this.reading, this.readAt] = [0, Date.now()];
  }

  async readMarks({ whole = false } = {}) {
    if (this.readingMarks && !whole) return;
    const turn = (this.marksTurn = (this.marksTurn ?? 0) + 1);
    [this.readingMarks, this.marksWanted] = [turn, false];
    try {
      const said = await this.get(panel.dataset.marks);
      if (turn === this.marksTurn) this.takeMarks(said);
    } catch {
      this.marksWanted = true; // asked again when it is due; what is wrong stands beside the candles
    }
    if (this.readingMarks === turn) [this.readingMarks, this.marksReadAt] = [0, Date.now()];
  }

  takeMarks({ lines, markers, drawings }) {
    this.marks.set({ lines, markers });
    if (!this.drawings.begun && !this.dragging) this.drawings.show(drawings);
  }

  take(said, { whole }) {
    const wasEmpty = !this.bars.length;
    const from = whole ? 0 : this.bars.findLastIndex(([at]) => at < (said.bars[0]?.[0] ?? Infinity)) + 1;
    this.bars = [...this.bars.slice(0, from), ...said.bars];
    if (whole) this.values = said.values;
    else if (said.bars.length) this.values = joined(this.values, said.values, this.bars.length);
    this.scale.set(this.bars.map(([at]) => at), this.secs);
    this.picture.show(this.bars, this.values, { whole, from, fit: whole && wasEmpty });
    if (said.last) this.price(said.last);
    this.marks.setHeld(said.held);
    if (whole) this.showMarks();
    showBook(said.book, panel.querySelector("h2 .muted").textContent);
    showTrades(said.trades);
    this.asking = said.asking;
    const isLate = this.asking && Date.now() - this.began > PATIENCE_MS;
    const words = isLate ? `${said.words} It takes longer than usual: do the workers run? Their age stands in the bar above.` : said.words;
    this.say(words, { broken: Boolean(said.words) && (isLate || !said.asking), read: said.asked_at });
    this.legend();
  }

  price({ at, price, text }) {
    const last = find("last");
    if (last.textContent !== text) last.textContent = text;
    const bar = this.bars.at(-1);
    if (!bar || at < bar[0] || at >= bar[0] + this.secs) return; // a new bar comes with the next reading
    Object.assign(bar, { 2: Math.max(bar[2], price), 3: Math.min(bar[3], price), 4: price });
    this.picture.last(bar);
  }

  showMarks() {
    this.marks.show();
    this.picture.showVolume(this.isShown("volume"));
  }

  say(text, { broken = false, read = "" } = {}) {
    find("said").textContent = text;
    find("said").parentElement.classList.toggle("broken", broken);
    find("read").hidden = !read;
    if (read) find("asked").dateTime = read;
  }

  hint(text, wrong = false) {
    find("hint").textContent = text;
    find("hint").hidden = !text;
    find("hint").classList.toggle("wrong", wrong);
  }

  legend(at = null) {
    const place = at === null ? this.bars.length - 1 : this.bars.findIndex(([time]) => time === at);
    const values = this.values.map(({ title, over, lines }) => ({ title, lines: lines.map(({ colour, values: found }) => ({ colour, value: found[place], over })) }));
    showValues(find("legend"), this.bars[place], values, (value, over = true) => this.picture.number(value, over));
  }

  // what a person does

  changed() {
    this.hint("");
    this.remember();
    this.read({ whole: true });
  }

  remember() {
    history.replaceState(null, "", this.address(location.pathname, { values: this.chosen.join(",") }));
    document.querySelector("[data-keep-values]").value = this.chosen.join(",");
    document.querySelector("[data-keep-frame]").value = frameName(this.secs);
  }

  frame(link) {
    for (const one of document.querySelectorAll("[data-frame]")) one.toggleAttribute("aria-current", false);
    link.setAttribute("aria-current", "true");
    Object.assign(this, { secs: Number(link.dataset.secs), bars: [], values: [], began: Date.now() });
    this.say("The candles are on their way.");
    this.changed();
    this.readMarks({ whole: true });
  }

  keeper() {
    const send = async (path, body) => {
      const headers = { "X-CSRFToken": panel.querySelector("[name=csrfmiddlewaretoken]").value, "Content-Type": "application/json" };
      try {
        const answer = await fetch(this.address(panel.dataset.draw + path), { method: "POST", headers, body: JSON.stringify(body) });
        if (answer.ok) return answer.status === 201 ? await answer.json() : true;
        const said = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
        this.hint([said.detail ?? "It was not kept: load the page again.", said.advice].filter(Boolean).join(" "), true);
      } catch {
        this.hint("It was not kept: Windlass does not answer.", true);
      }
      return null;
    };
    const body = ({ kind, colour, points }) => ({ kind, colour, points });
    return {
      add: (row) => send("", body(row)),
      move: (row) => send(`/${row.id}`, body(row)),
      erase: (row) => send(`/${row.id}/erase`, {}),
    };
  }

  listen(chart) {
    document.addEventListener("keydown", ({ key }) => { if (key === "Escape") this.showLines([]); });
    chart.subscribeCrosshairMove(({ time, point, paneIndex }) => {
      this.legend(time ?? null);
      if (paneIndex === 0) this.drawings.follow(point);
    });
    chart.subscribeClick(({ point, paneIndex, hoveredInfo }) => { if (point && paneIndex === 0) this.tap(point, hoveredInfo?.objectId); });
    this.listenToDrags(chart);
    document.addEventListener("windlass:shown", ({ detail }) => this.hear(detail));
    document.addEventListener("visibilitychange", () => this.due(0));
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-frame]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.frame(link);
    });
    setInterval(() => this.due(FALLBACK_MS), 1_000);
    whenThemeChanges(() => { this.picture.dress(this.values); this.marks.show(); this.drawings.redraw(); });
  }

  async tap(point, hovered) {
    if (await this.drawings.tap(point, hovered)) return;
    const several = this.marks.labels.at(point);
    this.showLines(several ?? []);
    const group = several ? null : this.marks.groupAt(point, hovered ?? this.marks.names.at(point));
    if (group === null) return;
    const everyGroup = `${panel.dataset.groups}?${new URLSearchParams({ account: this.account, q: this.symbol, status: "all" })}`;
    location.assign(group ? panel.dataset.group.replace(/0$/, group) : everyGroup);
  }

  // What stands behind one name for several lines.
  showLines(lines) {
    const whole = (line) => ({ ...line, text: this.picture.number(line.price, true), href: line.group_id ? panel.dataset.group.replace(/0$/, line.group_id) : null });
    showLines(find("lines"), lines.map(whole));
  }

  listenToDrags(chart) {
    const place = find("place");
    const pointOf = ({ clientX, clientY }) => { const { left, top } = place.getBoundingClientRect(); return { x: clientX - left, y: clientY - top }; };
    place.addEventListener("pointerdown", (event) => {
      const index = this.drawings.handleAt(pointOf(event));
      if (index < 0 || this.drawings.begun) return;
      chart.applyOptions({ handleScroll: false, handleScale: false });
      this.dragging = { index, moved: false, before: this.drawings.selected.points[index] };
      place.setPointerCapture(event.pointerId);
    }, { capture: true });
    place.addEventListener("pointermove", (event) => {
      if (!this.dragging) return;
      this.dragging.moved = true;
      this.drawings.drag(this.dragging.index, pointOf(event));
    });
    const end = (keeps) => {
      if (!this.dragging) return;
      chart.applyOptions({ handleScroll: true, handleScale: true });
      const { index, moved, before } = this.dragging;
      this.dragging = null;
      if (moved && keeps) this.drawings.dropped();
      else if (moved) this.drawings.putBack(index, before);
    };
    place.addEventListener("pointerup", () => end(true));
    place.addEventListener("pointercancel", () => end(false)); // the browser took the finger over, or a second one came
  }

  // what moves

  hear({ number }) {
    if (number !== this.number) {
      this.number = number;
      this.marksWanted = true;
    }
    this.due(this.asking ? 300 : LEAST_PAUSE_MS);
  }

  due(pause) {
    if (document.hidden) return;
    if (!this.reading && Date.now() - this.readAt >= pause) this.read();
    if (this.marksWanted && !this.readingMarks && Date.now() - this.marksReadAt >= LEAST_PAUSE_MS) this.readMarks();
  }
}

class Refused extends Error {}

const frameName = (secs) => document.querySelector(`[data-secs="${secs}"]`)?.dataset.frame ?? `${secs}s`;

const joined = (before, after, count) => after.map((one, place) => ({
  ...one,
  lines: one.lines.map((line, at) => {
    const known = before[place]?.lines[at]?.values ?? [];
    return { ...line, values: [...known.slice(0, count - line.values.length), ...line.values] };
  }),
}));

if (panel && !window.LightweightCharts) {
  find("said").textContent = "The program that draws the chart did not load. Load the page again.";
} else if (panel) {
  const page = new Page();
  page.read({ whole: true });
  page.readMarks();
}
