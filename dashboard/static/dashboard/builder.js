// Copying and showing: a button with data-copy or data-show names the element it is about.

const SHOWN_MS = 2_000; // how long a button says that it has copied

const textOf = (element) => ("value" in element ? element.value : element.textContent);

// Without a secure origin the clipboard is out of reach: then the text is selected, for the reader to copy.
const select = (element) => {
  if ("select" in element) return element.select();
  getSelection().selectAllChildren(element);
};

const copy = async (button, element) => {
  button.dataset.label ??= button.textContent; // once: a second click finds "Copied" on it
  try {
    await navigator.clipboard.writeText(textOf(element));
    button.textContent = "Copied";
  } catch {
    select(element);
    button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = button.dataset.label ?? button.textContent; }, SHOWN_MS);
};

const show = (button, element) => {
  element.type = element.type === "password" ? "text" : "password";
  button.textContent = element.type === "password" ? "Show" : "Hide";
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy], button[data-show]");
  const element = button && document.getElementById(button.dataset.copy ?? button.dataset.show);
  if (!element) return;
  if (button.dataset.copy) copy(button, element);
  else show(button, element);
});
