// Between time and place: bars stand side by side, so a moment between two of them, or after the last, has a place too.

export class Scale {
  constructor(chart) {
    this.time = chart.timeScale();
    this.times = [];
    this.secs = 60;
  }

  set(times, secs) {
    [this.times, this.secs] = [times, secs];
  }

  // The bar at or before a moment, and how far into it the moment is; beyond the ends in whole widths.
  logicalOf(at) {
    const { times, secs } = this;
    if (!times.length) return null;
    if (at <= times[0]) return (at - times[0]) / secs;
    let [low, high] = [0, times.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (times[middle] <= at) low = middle;
      else high = middle - 1;
    }
    const next = times[low + 1] ?? times[low] + secs;
    return low + (at - times[low]) / (low === times.length - 1 ? secs : next - times[low]);
  }

  x(at) {
    const logical = this.logicalOf(at);
    if (logical === null) return null;
    const whole = Math.floor(logical);
    const left = this.time.logicalToCoordinate(whole);
    return left === null ? null : left + (logical - whole) * this.time.options().barSpacing;
  }

  at(x) {
    const { times, secs } = this;
    const logical = this.time.coordinateToLogical(x);
    if (logical === null || !times.length) return null;
    if (logical < 0) return times[0] + logical * secs;
    const last = times.length - 1;
    return logical <= last ? times[logical] : times[last] + (logical - last) * secs;
  }

  // The bar that holds a moment; null where none is shown of it.
  bar(at) {
    const logical = this.logicalOf(at);
    return logical === null || logical < 0 ? null : this.times[Math.min(Math.floor(logical), this.times.length - 1)];
  }
}
