// Questions as dialogs: a link with data-ask leads to a page with a form; here the form comes to the reader instead.

const dialog = document.getElementById("ask");

const question = async (address) => {
  try {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("[data-question]"); // none: logged out, or the row is gone; its page says so
  } catch {
    return null;
  }
};

const open = async (event) => {
  const link = event.target.closest("a[data-ask]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const form = await question(link.href);
  if (!form) return location.assign(link.href);
  dialog.replaceChildren(document.adoptNode(form));
  if (!dialog.open) dialog.showModal();
};

document.addEventListener("click", open);
