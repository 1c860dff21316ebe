// Passkeys: a form with data-passkey asks the browser for a credential and carries it to the server as JSON.
// data-options names where the request comes from: "#id" of a JSON block on the page, or an address.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const named = (list) => list?.map((key) => ({ ...key, id: bytes(key.id) }));

const decoded = ({ publicKey: asked }) => ({
  publicKey: {
    ...asked,
    challenge: bytes(asked.challenge),
    ...(asked.user && { user: { ...asked.user, id: bytes(asked.user.id) } }),
    ...(asked.excludeCredentials && { excludeCredentials: named(asked.excludeCredentials) }),
    ...(asked.allowCredentials && { allowCredentials: named(asked.allowCredentials) }),
  },
});

const FIELDS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

const encoded = (credential) => ({
  id: credential.id,
  rawId: text(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: {
    ...Object.fromEntries(FIELDS.filter((name) => credential.response[name]).map((name) => [name, text(credential.response[name])])),
    ...(credential.response.getTransports && { transports: credential.response.getTransports() }),
  },
});

const options = async (form) => {
  const place = form.dataset.options;
  if (place.startsWith("#")) return JSON.parse(document.querySelector(place).textContent);
  const answer = await fetch(place, { headers: { Accept: "application/json" } });
  return (await answer.json()).request_options;
};

// Logging in with it alone wants a passkey that knows its user and checks that it is him.
const alone = (asked, wanted) => {
  const key = wanted ? "required" : "discouraged";
  const chosen = { ...asked.publicKey.authenticatorSelection, residentKey: key, requireResidentKey: wanted };
  if (wanted) chosen.userVerification = "required";
  return { publicKey: { ...asked.publicKey, authenticatorSelection: chosen } };
};

const credential = async (form) => {
  const asked = await options(form);
  if (form.dataset.passkey === "get") return navigator.credentials.get(decoded(asked));
  return navigator.credentials.create(decoded(alone(asked, form.elements.passwordless.checked)));
};

const WORDS = {
  NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
  InvalidStateError: "This passkey is set up here already.",
  SecurityError: "This address cannot have passkeys: open the page by its name over HTTPS, or as localhost.",
};

const send = async (event) => {
  const form = event.target;
  event.preventDefault();
  const trouble = form.querySelector("[data-trouble]");
  trouble.hidden = true;
  try {
    form.elements.credential.value = JSON.stringify(encoded(await credential(form)));
    form.submit();
  } catch (error) {
    trouble.textContent = WORDS[error.name] ?? `The browser could not do it: ${error.message}`;
    trouble.hidden = false;
  }
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", send);
  if (window.PublicKeyCredential) form.hidden = false;
}
