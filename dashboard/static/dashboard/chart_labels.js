// The names of our lines, in the room right of the newest candle. Names that would cover each other become one that counts
// its lines; a tap on it tells them apart. It hangs on the candles as a primitive of the library, so it moves with them.

const ROW = 15; // pixels that a name needs
const PAD = 4;
const SHARE = 0.4; // of the chart, while the newest candle is not in sight
const SEE_THROUGH = 0.85;
const NAMES = {
  entry: ["entry", "entries"], leg: ["leg", "legs"], filled: ["filled leg", "filled legs"],
  target: ["target", "targets"], stop: ["stop", "stops"], liquidation: ["liquidation", "liquidations"],
};

const middle = (bundle) => (bundle[0].y + bundle.at(-1).y) / 2;

// Lines that have a y, as bundles from top to bottom whose middles stand a name's height apart.
export const bundled = (lines) => {
  const bundles = [];
  for (const line of [...lines].sort((one, other) => one.y - other.y)) {
    let bundle = [line];
    while (bundles.length && middle(bundle) - middle(bundles.at(-1)) < ROW) bundle = [...bundles.pop(), ...bundle];
    bundles.push(bundle);
  }
  return bundles;
};

// What a bundle may be called, the longest first: `3 targets 101.2–103.4`, `3 targets`.
export const worded = (bundle, format) => {
  if (bundle.length === 1) return [bundle[0].title, bundle[0].title.split(",")[0], NAMES[bundle[0].kind][0]];
  const counts = Object.entries(NAMES).map(([kind, names]) => [bundle.filter((line) => line.kind === kind).length, names]);
  const kinds = counts.filter(([count]) => count).map(([count, names]) => `${count} ${names[count > 1 ? 1 : 0]}`);
  const prices = bundle.map(({ price }) => price);
  const [low, high] = [format(Math.min(...prices)), format(Math.max(...prices))];
  const said = kinds.join(", ");
  return [`${said} ${low === high ? low : `${low}–${high}`}`, said, `${bundle.length} lines`];
};

export class Labels {
  constructor({ series, scale, colours, token, visible }) {
    Object.assign(this, { series, scale, colours, token, visible });
    this.boxes = [];
    const renderer = { draw: (target) => target.useMediaCoordinateSpace((space) => this.draw(space)) };
    this.views = [{ renderer: () => renderer, zOrder: () => "top" }];
    series.attachPrimitive(this);
  }

  // the library's side

  attached({ chart, requestUpdate }) { [this.chart, this.redraw] = [chart, requestUpdate]; }
  paneViews() { return this.views; }
  priceAxisViews() { return this.bundles().filter(({ length }) => length === 1).map(([line]) => this.onAxis(line)); }

  bundles() {
    const placed = this.visible().map((line) => ({ ...line, y: this.series.priceToCoordinate(line.price) }));
    return bundled(placed.filter(({ y }) => y !== null));
  }

  onAxis({ kind, price, y }) {
    return {
      coordinate: () => y,
      text: () => this.format(price),
      textColor: () => this.colours().bg,
      backColor: () => this.colours()[this.token(kind)],
    };
  }

  format(price) {
    return this.series.priceFormatter().format(price);
  }

  // drawing

  draw({ context, mediaSize }) {
    context.save();
    const { fontSize, fontFamily } = this.chart.options().layout;
    context.font = `${fontSize}px ${fontFamily}`;
    context.textBaseline = "middle";
    this.boxes = this.bundles().map((bundle) => this.drawOne(context, bundle, mediaSize.width));
    context.restore();
  }

  drawOne(context, bundle, width) {
    const free = this.free(width);
    const names = worded(bundle, (price) => this.format(price)).map((text) => [text, context.measureText(text).width]);
    const [text, wide] = names.find(([, one]) => one + 2 * PAD <= free) ?? names.at(-1);
    const box = { left: width - wide - 2 * PAD, top: middle(bundle) - ROW / 2, bundle };
    const { surface, muted } = this.colours();
    context.globalAlpha = SEE_THROUGH;
    context.fillStyle = surface;
    context.fillRect(box.left, box.top, wide + 2 * PAD, ROW);
    context.globalAlpha = 1;
    const tokens = new Set(bundle.map(({ kind }) => this.token(kind)));
    context.fillStyle = tokens.size === 1 ? this.colours()[[...tokens][0]] : muted;
    context.fillText(text, box.left + PAD, middle(bundle));
    return box;
  }

  // Pixels right of the newest candle.
  free(width) {
    const newest = this.scale.times.at(-1);
    const x = newest === undefined ? null : this.scale.x(newest);
    return x === null || x > width ? width * SHARE : width - x - this.scale.time.options().barSpacing / 2;
  }

  // The lines of the name under a tap, where it stands for several; null elsewhere.
  at({ x, y }) {
    const found = this.boxes.find(({ left, top, bundle }) => bundle.length > 1 && x >= left && y >= top && y < top + ROW);
    return found ? [...found.bundle].sort((one, other) => other.price - one.price) : null;
  }
}
