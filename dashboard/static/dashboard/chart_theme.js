// The colours of tokens.css as a canvas takes them, and word when the reader changes the theme.

const TOKENS = ["bg", "surface", "line", "text", "muted", "accent", "up", "down", "warn", "up-soft", "down-soft", "accent-soft"];
const probe = document.createElement("span");
probe.hidden = true;

// light-dark() is only settled once it is used: an element wears each token, and the browser says what it is.
export const colours = () => {
  document.body.append(probe);
  const found = Object.fromEntries(TOKENS.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  }));
  probe.remove();
  return found;
};

export const font = () => getComputedStyle(document.body).fontFamily;

export const whenThemeChanges = (tell) => {
  new MutationObserver(tell).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
};
