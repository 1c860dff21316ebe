// What was bought or sold, in words beside its arrow. The library writes them centred on their bar and cuts them at the
// edge of the chart; these are moved inwards until they can be read whole.

const PAD = 4;
const ARROW = [12, 30]; // pixels of an arrow of size 1: as wide as a bar, within these; so the library draws it
const GAP = [0.1, 3]; // between an arrow and what stands below it: of its width, but so many pixels
const MIDDLE = 0.6; // of the letters' size: how far their middle is from the arrow
const SEE_THROUGH = 0.85; // what is behind them, so that candles do not cross them out

export class FillNames {
  constructor({ series, scale, colours }) {
    Object.assign(this, { series, scale, colours, arrows: [], boxes: [] });
    const renderer = { draw: (target) => target.useMediaCoordinateSpace((space) => this.draw(space)) };
    this.views = [{ renderer: () => renderer, zOrder: () => "top" }];
    series.attachPrimitive(this);
  }

  // the library's side

  attached({ chart, requestUpdate }) { [this.chart, this.redraw] = [chart, requestUpdate]; }
  paneViews() { return this.views; }

  // arrows: as the library takes them, with the words of each
  show(arrows) {
    this.arrows = arrows;
    this.redraw?.();
  }

  // drawing

  draw({ context, mediaSize }) {
    context.save();
    const { fontSize, fontFamily } = this.chart.options().layout;
    context.font = `${fontSize}px ${fontFamily}`;
    context.textBaseline = "middle";
    this.boxes = this.arrows.map((arrow) => this.drawOne(context, arrow, mediaSize.width, fontSize)).filter(Boolean);
    context.restore();
  }

  drawOne(context, arrow, width, fontSize) {
    const [x, y] = [this.scale.x(arrow.time), this.middle(arrow, fontSize)];
    if (x === null || x < 0 || x > width || y === null) return null; // its bar is out of sight
    const wide = context.measureText(arrow.text).width;
    const left = Math.max(PAD, Math.min(x - wide / 2, width - wide - PAD));
    context.globalAlpha = SEE_THROUGH;
    context.fillStyle = this.colours().surface;
    context.fillRect(left - 1, y - MIDDLE * fontSize, wide + 2, 2 * MIDDLE * fontSize);
    context.globalAlpha = 1;
    context.fillStyle = arrow.color;
    context.fillText(arrow.text, left, y);
    return { left, right: left + wide, top: y - fontSize, bottom: y + fontSize, id: arrow.id };
  }

  middle({ time, position, size }, fontSize) {
    const bar = this.series.dataByIndex(Math.floor(this.scale.logicalOf(time) ?? -1));
    if (bar?.low === undefined) return null;
    const step = Math.min(Math.max(this.scale.time.options().barSpacing, ARROW[0]), ARROW[1]);
    const away = step * size + MIDDLE * fontSize;
    if (position === "aboveBar") return this.series.priceToCoordinate(bar.high) - away;
    return this.series.priceToCoordinate(bar.low) + away + Math.max(GAP[0] * step, GAP[1]);
  }

  // The arrow's id whose words are under a tap; nothing elsewhere.
  at({ x, y }) {
    return this.boxes.find(({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom)?.id;
  }
}
