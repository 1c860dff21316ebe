// What stands beside the candles as text: the values under the crosshair, the book, the last trades.
// The server made the rows; they are rewritten in place, so nothing on the page moves when prices do.

const NOTHING = "–";

const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

const texts = (made, values) => values.forEach((text, place) => write(made.cells[place].firstChild, text ?? ""));

const side = (body, rungs, tone) => {
  [...body.rows].forEach((made, place) => {
    const rung = rungs[place];
    texts(made, rung ? [rung.price, rung.qty] : [NOTHING, ""]);
    made.cells[0].firstChild.className = `t-${tone}`;
    made.cells[1].style.setProperty("--share", rung?.share ?? 0);
  });
};

export const showBook = (book, quote) => {
  const asks = document.querySelector("[data-asks]");
  side(asks, [...asks.rows].map((_, place) => book?.asks[place]).reverse(), "down"); // the best stands lowest
  side(document.querySelector("[data-bids]"), book?.bids ?? [], "up");
  write(document.querySelector("[data-spread]"), book ? `spread ${book.spread}` : "not read yet");
  write(document.querySelector("[data-near]"), book ? `Within 1 %: ${book.near_bids} bid, ${book.near_asks} asked, ${quote}` : "\u00a0");
};

export const showTrades = (trades) => {
  [...document.querySelector("[data-trades]").rows].forEach((made, place) => {
    const trade = trades[place];
    texts(made, trade ? [trade.at, trade.price, trade.qty] : [NOTHING, "", ""]);
    made.cells[1].firstChild.className = trade ? `t-${trade.tone}` : "";
  });
};

const span = (text, tone) => {
  const made = document.createElement("b");
  if (tone) made.className = `t-${tone}`;
  made.textContent = ` ${text}`;
  return made;
};

const said = (title, parts) => {
  const line = document.createElement("span");
  line.append(title, ...parts);
  return line;
};

// bar: [time, open, high, low, close, volume]; values: [{title, lines: [{title, colour, value}]}]
export const showValues = (place, bar, values, number) => {
  const lines = [];
  if (bar) {
    const [, open, high, low, close, volume] = bar;
    const tone = close < open ? "down" : "up";
    const pairs = [["O", open], ["H", high], ["L", low], ["C", close]];
    lines.push(said("", [...pairs.map(([name, value]) => span(`${name} ${number(value)}`, tone)), span(`V ${compact(volume)}`, "muted")]));
  }
  for (const { title, lines: drawn } of values) {
    lines.push(said(title, drawn.map(({ value, colour, over }) => span(value === null || value === undefined ? NOTHING : number(value, over), colour))));
  }
  place.replaceChildren(...lines);
};

// Lines that share one name, each with its price and the way to its group; none: the list is put away.
export const showLines = (place, lines) => {
  place.hidden = !lines.length;
  place.replaceChildren(...lines.map(({ title, text, href }) => {
    const row = document.createElement("li");
    const name = document.createElement(href ? "a" : "span");
    if (href) name.href = href;
    name.textContent = title;
    row.append(name, span(text, "muted"));
    return row;
  }));
};

const compact = (value) => new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 }).format(value);
