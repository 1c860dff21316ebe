// The menu is longer than a low window: the page that is shown stands in sight in it.

const menu = document.querySelector("nav.side");
const here = menu?.querySelector("[aria-current]");

if (here) {
  const [around, place] = [menu.getBoundingClientRect(), here.getBoundingClientRect()];
  if (place.bottom > around.bottom) menu.scrollTop += place.bottom - around.bottom + place.height; // and the next one
}
