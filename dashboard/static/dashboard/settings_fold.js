// On a phone the page Settings begins as a list of sections. A classic script in the head: it folds each one as it is read,
// before the first paint; without it all of them are open. One that holds something wrong, or is jumped to, stays open.
(() => {
  if (!matchMedia("(max-width: 760px)").matches) return;
  const fold = () => {
    for (const section of document.querySelectorAll("[data-folds]")) {
      section.open = section.id === location.hash.slice(1);
      section.removeAttribute("data-folds");
    }
  };
  const watch = new MutationObserver(fold);
  watch.observe(document, { childList: true, subtree: true });
  addEventListener("DOMContentLoaded", () => { fold(); watch.disconnect(); });
})();
