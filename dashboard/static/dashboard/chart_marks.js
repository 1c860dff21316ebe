// Our own marks in the chart: a group's prices as labelled lines, fills as arrows with what was bought or sold.

import { FillNames } from "./chart_fills.js";
import { Labels } from "./chart_labels.js";

const STROKE = {
  entry: ["accent", 2, 0], leg: ["accent", 1, 2], filled: ["muted", 1, 1],
  target: ["up", 1, 2], stop: ["down", 1, 2], liquidation: ["down", 2, 0],
};
const SWITCH = { entry: "entry", leg: "legs", filled: "legs", target: "targets", stop: "stops", liquidation: "stops" };
const NEAR_PX = 4;
const FAR = 0.12; // lines further away than this share of the price do not squeeze the candles

export class Marks {
  constructor({ library, series, scale, colours, isShown }) {
    Object.assign(this, { series, scale, colours, isShown });
    [this.lines, this.held, this.fills, this.drawn] = [[], [], [], []];
    this.arrows = library.createSeriesMarkers(series, []);
    this.names = new FillNames({ series, scale, colours });
    this.labels = new Labels({ series, scale, colours, token: (kind) => STROKE[kind][0], visible: () => this.visible() });
  }

  set({ lines, markers }) {
    [this.lines, this.fills] = [lines, markers];
    this.show();
  }

  setHeld(held) {
    const next = held.map(({ price, title }) => ({ kind: "liquidation", price, title, group_id: 0 }));
    if (JSON.stringify(next) === JSON.stringify(this.held)) return;
    this.held = next;
    this.show();
  }

  visible() {
    return [...this.lines, ...this.held].filter(({ kind }) => this.isShown(SWITCH[kind]));
  }

  show() {
    const palette = this.colours();
    for (const line of this.drawn) this.series.removePriceLine(line);
    this.drawn = this.visible().map(({ kind, price }) => {
      const [token, lineWidth, lineStyle] = STROKE[kind];
      return this.series.createPriceLine({ price, color: palette[token], lineWidth, lineStyle, axisLabelVisible: false });
    });
    const arrows = this.isShown("fills") ? this.fills.map((fill) => this.arrow(fill, palette)).filter(Boolean) : [];
    this.arrows.setMarkers(arrows.map(({ text, ...arrow }) => arrow));
    this.names.show(arrows);
    this.labels.redraw?.();
  }

  arrow({ at, side, text, size, group_id: group }, palette) {
    const time = this.scale.bar(at);
    if (time === null) return null;
    const bought = side === "BUY";
    return {
      time, text, size, id: `group-${group}`,
      position: bought ? "belowBar" : "aboveBar",
      shape: bought ? "arrowUp" : "arrowDown",
      color: bought ? palette.up : palette.down,
    };
  }

  // Whose line or arrow is under a tap: a group's id, 0 for an arrow of several, null for nothing of ours.
  groupAt({ y }, hovered) {
    if (String(hovered ?? "").startsWith("group-")) return Number(hovered.slice("group-".length));
    const near = this.visible().filter(({ group_id: group }) => group).map((line) => [Math.abs(this.series.priceToCoordinate(line.price) - y), line]);
    const [gap, line] = near.sort(([a], [b]) => a - b)[0] ?? [Infinity];
    return gap <= NEAR_PX ? line.group_id : null;
  }

  // The candles' range, wide enough for our lines nearby.
  widen(found) {
    if (!found?.priceRange) return found;
    const { minValue, maxValue } = found.priceRange;
    const near = this.visible().map(({ price }) => price).filter((price) => price > minValue * (1 - FAR) && price < maxValue * (1 + FAR));
    return { ...found, priceRange: { minValue: Math.min(minValue, ...near), maxValue: Math.max(maxValue, ...near) } };
  }
}
