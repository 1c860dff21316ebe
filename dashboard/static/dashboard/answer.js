// Whether this page is the answer to a form that was sent: loading it again would send the form again, or lose the answer.
// Nothing in a page says so. So the page before notes where it sends a form; an answer that came without being led
// elsewhere is one, and stays one however often it is loaded again.

const NOTE = "windlass-sent";

addEventListener("submit", ({ target: form, submitter, defaultPrevented }) => {
  const said = (name) => submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name) ?? "";
  if (defaultPrevented || said("method").toLowerCase() !== "post") return;
  sessionStorage.setItem(NOTE, new URL(said("action"), location.href).pathname);
});

const sent = sessionStorage.getItem(NOTE);
sessionStorage.removeItem(NOTE);
if (sent === location.pathname && performance.getEntriesByType("navigation")[0]?.redirectCount === 0) {
  history.replaceState({ ...history.state, isAnswer: true }, "");
}

export const isAnswer = Boolean(history.state?.isAnswer);
