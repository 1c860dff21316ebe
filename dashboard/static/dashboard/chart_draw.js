// What people draw into a chart: a level, a trend line, a ray, a rectangle. A tap sets a point, a drag moves one.
// It hangs on the candles as a primitive of the library, so it moves with them; each change is told to the server at once.

const NEAR = 6; // pixels
const HANDLE = 4;
const POINTS = { LEVEL: 1, TREND: 2, RAY: 2, RECTANGLE: 2 };
const TO_DO = {
  LEVEL: ["Tap a price: the level goes there."],
  TREND: ["Tap where the line begins.", "Tap where it ends."],
  RAY: ["Tap where the ray begins.", "Tap a point that it goes through."],
  RECTANGLE: ["Tap a corner.", "Tap the opposite corner."],
};

const distance = (px, py, [ax, ay], [bx, by]) => {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const along = length ? Math.max(0, Math.min(1, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length)) : 0;
  return Math.hypot(px - ax - along * (bx - ax), py - ay - along * (by - ay));
};

export class Drawings {
  constructor({ series, scale, colours, keep, hint, changed }) {
    Object.assign(this, { series, scale, colours, keep, hint, changed });
    this.rows = [];
    this.begun = null; // what is being drawn: {kind, colour, points}, its last point under the pointer
    this.selected = null;
    this.width = 0;
    const view = { renderer: () => ({ draw: (target) => target.useMediaCoordinateSpace((space) => this.draw(space)) }), zOrder: () => "top" };
    this.views = [view];
    this.labels = [];
    series.attachPrimitive(this);
  }

  // the library's side

  attached({ requestUpdate }) { this.redraw = requestUpdate; }
  paneViews() { return this.views; }
  priceAxisViews() { return this.labels; }
  updateAllViews() {
    this.labels = this.rows.filter((row) => row.kind === "LEVEL").map((row) => this.label(row));
  }

  label(row) {
    const price = Number(row.points[0][1]);
    return {
      coordinate: () => this.series.priceToCoordinate(price) ?? -100,
      text: () => this.series.priceFormatter().format(price),
      textColor: () => this.colours().bg,
      backColor: () => this.colours()[row.colour],
    };
  }

  hitTest(x, y) {
    const row = this.rows.findLast((one) => this.isNear(one, x, y));
    return row ? { externalId: `drawing-${row.id}`, zOrder: "top", cursorStyle: "pointer" } : null;
  }

  // geometry

  place([at, price]) {
    const x = this.scale.x(at);
    const y = this.series.priceToCoordinate(Number(price));
    return x === null || y === null ? null : [x, y];
  }

  ends(row) {
    const places = row.points.map((point) => this.place(point));
    if (places.includes(null)) return null;
    const [from, to] = places;
    if (row.kind === "LEVEL") return [[0, from[1]], [this.width, from[1]]];
    if (row.kind !== "RAY" || from[0] === to[0]) return [from, to];
    const edge = to[0] > from[0] ? this.width : 0;
    return [from, [edge, from[1] + ((to[1] - from[1]) * (edge - from[0])) / (to[0] - from[0])]];
  }

  isNear(row, x, y) {
    const ends = this.ends(row);
    if (!ends) return false;
    if (row.kind !== "RECTANGLE") return distance(x, y, ...ends) <= NEAR;
    const [[ax, ay], [bx, by]] = ends;
    const sides = [[[ax, ay], [bx, ay]], [[bx, ay], [bx, by]], [[bx, by], [ax, by]], [[ax, by], [ax, ay]]];
    return sides.some((line) => distance(x, y, ...line) <= NEAR);
  }

  draw({ context, mediaSize }) {
    this.width = mediaSize.width;
    for (const row of [...this.rows, ...(this.begun?.points.length ? [this.begun] : [])]) this.drawOne(context, row);
  }

  drawOne(context, row) {
    const ends = row.points.length === POINTS[row.kind] ? this.ends(row) : null;
    if (!ends) return;
    const [[ax, ay], [bx, by]] = ends;
    context.save();
    context.strokeStyle = context.fillStyle = this.colours()[row.colour];
    context.lineWidth = row === this.selected ? 2 : 1.5;
    context.beginPath();
    if (row.kind === "RECTANGLE") context.rect(Math.min(ax, bx), Math.min(ay, by), Math.abs(bx - ax), Math.abs(by - ay));
    else { context.moveTo(ax, ay); context.lineTo(bx, by); }
    context.stroke();
    if (row.kind === "RECTANGLE") { context.globalAlpha = 0.1; context.fill(); context.globalAlpha = 1; }
    if (row === this.selected) this.handles(context, row);
    context.restore();
  }

  handles(context, row) {
    context.fillStyle = this.colours().surface;
    for (const [x, y] of row.points.map((point) => this.place(point)).filter(Boolean)) {
      context.beginPath();
      context.arc(x, y, HANDLE, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }

  // the person's side

  show(rows) {
    const id = this.selected?.id;
    this.rows = rows;
    this.select(rows.find((row) => row.id === id) ?? null);
  }

  start(kind, colour) {
    this.select(null);
    this.begun = kind ? { kind, colour, points: [] } : null;
    this.set = 0; // points that stand; the next one follows the pointer
    this.say();
  }

  say() {
    this.hint(this.begun ? `${TO_DO[this.begun.kind][this.set]} Esc ends it.` : "");
    this.changed();
    this.redraw();
  }

  pointAt({ x, y }) {
    const [at, price] = [this.scale.at(x), this.series.coordinateToPrice(y)];
    return at === null || price === null || price <= 0 ? null : [Math.round(at), this.series.priceFormatter().format(price).replaceAll(",", "")];
  }

  follow(point) {
    const to = this.begun && this.set === 1 && point && this.pointAt(point);
    if (!to) return;
    this.begun.points = [this.begun.points[0], to];
    this.redraw();
  }

  // A tap: sets the next point of what is being drawn; otherwise selects what is under it. Whether it was ours.
  async tap(point, hovered) {
    if (!this.begun) {
      const row = this.rows.find((one) => `drawing-${one.id}` === hovered) ?? null;
      this.select(row);
      return row !== null;
    }
    const to = this.pointAt(point);
    if (!to) return true;
    const { begun } = this;
    begun.points = [...begun.points.slice(0, this.set), to];
    this.set += 1;
    if (this.set < POINTS[begun.kind]) { this.say(); return true; }
    this.begun = null;
    this.say();
    const row = await this.keep.add(begun);
    if (row) { this.rows = [...this.rows, row]; this.select(row); }
    return true;
  }

  select(row) {
    this.selected = row;
    this.changed();
    this.redraw?.();
  }

  async erase() {
    const row = this.selected;
    if (!row || !(await this.keep.erase(row))) return;
    this.rows = this.rows.filter((one) => one !== row);
    this.select(null);
  }

  // Which point of the selected drawing is under the pointer; -1 for none.
  handleAt({ x, y }) {
    const places = this.selected?.points.map((point) => this.place(point)) ?? [];
    return places.findIndex((place) => place && Math.hypot(place[0] - x, place[1] - y) <= 2 * HANDLE + 2);
  }

  drag(index, point) {
    const to = this.pointAt(point);
    if (to) this.putBack(index, to);
  }

  // A point where it was, or where it goes.
  putBack(index, point) {
    if (!this.selected) return;
    this.selected.points[index] = point;
    this.updateAllViews();
    this.redraw();
  }

  dropped() {
    return this.keep.move(this.selected);
  }
}
