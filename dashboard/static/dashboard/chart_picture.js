// The candles, the volume and the indicators, as the library draws them, in the colours of the page.

import { colours, font } from "./chart_theme.js";

const PANE = 96; // pixels of an indicator below the candles, whose own height the style sheet gives
const SMALL = 760;
const SHOWN = { wide: [140, 22], narrow: [46, 15] }; // bars, and room right of the last one for the names of our lines
const FEWEST = 40; // a young pair's candles do not grow wider than this many would
const MINUS = "\u2212";

export class Picture {
  constructor(place, { places, tick }) {
    const library = window.LightweightCharts;
    Object.assign(this, { place, library, places, height: place.clientHeight, palette: colours(), drawn: [] });
    this.chart = library.createChart(place, { autoSize: true, ...this.look() });
    this.candles = this.chart.addSeries(library.CandlestickSeries, { priceFormat: prices(places, tick) });
    this.volume = this.chart.addSeries(library.HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
    this.dress([]);
  }

  look() {
    const { surface, text, line, muted } = this.palette;
    const phone = innerWidth <= SMALL;
    return {
      layout: { background: { color: surface }, textColor: text, fontFamily: font(), fontSize: phone ? 10 : 11, attributionLogo: false, panes: { separatorColor: line, separatorHoverColor: line } },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      crosshair: { mode: 0, vertLine: { color: muted, labelBackgroundColor: muted }, horzLine: { color: muted, labelBackgroundColor: muted } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line, timeVisible: true, secondsVisible: false, rightOffset: room()[1] },
      localization: { locale: "en-GB" },
    };
  }

  // The colours as they are now; after the theme changed everything wears them anew.
  dress(values) {
    this.palette = colours();
    const { up, down } = this.palette;
    this.chart.applyOptions(this.look());
    this.candles.applyOptions({ upColor: up, downColor: down, borderUpColor: up, borderDownColor: down, wickUpColor: up, wickDownColor: down });
    this.drawn.forEach(({ series, colour, shape }) => { if (shape !== "histogram") series.applyOptions({ color: this.palette[colour] }); });
    if (this.bars) this.show(this.bars, values, { whole: true });
  }

  // Of bars that stand already only those from the place `from` on are written.
  show(bars, values, { whole, from = 0, fit = false }) {
    this.bars = bars;
    if (whole) this.arrange(values);
    const lines = values.flatMap(({ lines: found }) => found);
    if (whole) {
      this.candles.setData(bars.map(candle));
      this.volume.setData(bars.map((bar) => this.traded(bar)));
      this.drawn.forEach(({ series }, place) => series.setData(bars.map(([time], at) => this.point(lines[place], time, at))));
    } else this.update(bars, lines, from);
    if (fit) this.fit(bars.length);
  }

  fit(count) {
    const [shown, free] = room();
    this.chart.timeScale().setVisibleLogicalRange({ from: Math.min(count - FEWEST, Math.max(0, count - shown)), to: count - 1 + free });
  }

  // What was received: usually two bars, of which one may have ended since and the other grows; after a pause many.
  update(bars, lines, from) {
    for (let at = from; at < bars.length; at += 1) {
      const [time] = bars[at];
      const older = at < bars.length - 1 && time < this.newest();
      this.candles.update(candle(bars[at]), older);
      this.volume.update(this.traded(bars[at]), older);
      this.drawn.forEach(({ series }, place) => series.update(this.point(lines[place], time, at), older));
    }
  }

  newest() {
    return this.candles.data().at(-1)?.time ?? 0;
  }

  last(bar) {
    this.candles.update(candle(bar));
  }

  traded([time, open, , , close, volume]) {
    return { time, value: volume, color: this.palette[close < open ? "down-soft" : "up-soft"] };
  }

  point({ values, shape }, time, at) {
    const value = values[at];
    if (value === null || value === undefined) return { time };
    return shape === "histogram" ? { time, value, color: this.palette[value < 0 ? "down" : "up"] } : { time, value };
  }

  showVolume(visible) {
    this.volume.applyOptions({ visible });
  }

  // A series for each line; what does not share the candles' scale gets a pane of its own below them.
  arrange(values) {
    const wanted = values.map(({ key }) => key).join(",");
    if (wanted === this.arranged) return;
    for (const { series } of this.drawn) this.chart.removeSeries(series);
    let pane = 0;
    this.drawn = values.flatMap(({ over, lines }) => {
      if (!over) pane += 1;
      return lines.map((line) => ({ ...line, series: this.add(line, over ? 0 : pane) }));
    });
    this.arranged = wanted;
    this.measure(pane);
  }

  add({ colour, shape }, pane) {
    const { LineSeries, HistogramSeries } = this.library;
    const quiet = { priceLineVisible: false, lastValueVisible: pane > 0, color: this.palette[colour] };
    if (pane > 0) quiet.priceFormat = { type: "price", precision: 2, minMove: 0.01 };
    else quiet.priceFormat = this.candles.options().priceFormat;
    if (shape === "histogram") return this.chart.addSeries(HistogramSeries, { ...quiet, lastValueVisible: false }, pane);
    const dots = shape === "dots" ? { lineVisible: false, pointMarkersVisible: true, pointMarkersRadius: 1.5 } : {};
    return this.chart.addSeries(LineSeries, { ...quiet, lineWidth: 1.5, crosshairMarkerVisible: false, ...dots }, pane);
  }

  measure(panes) {
    this.place.style.height = `${this.height + panes * PANE}px`;
    this.chart.panes().forEach((pane, index) => pane.setStretchFactor(index ? 0.2 : 1));
  }

  number(value, over) {
    const places = over ? this.places : Math.abs(value) >= 1000 ? 0 : 2;
    return Math.abs(value).toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places }).replace(/^/, value < 0 ? MINUS : "");
  }
}

// Prices in the market's steps, grouped as everywhere on the page: the library's own format does not group.
const prices = (places, tick) => {
  const words = new Intl.NumberFormat("en", { minimumFractionDigits: places, maximumFractionDigits: places });
  const shown = (price) => words.format(Math.round(price / tick) * tick).replace("-", MINUS);
  return { type: "custom", minMove: tick, formatter: shown };
};
const room = () => SHOWN[innerWidth <= SMALL ? "narrow" : "wide"];
const candle = ([time, open, high, low, close]) => ({ time, open, high, low, close });
