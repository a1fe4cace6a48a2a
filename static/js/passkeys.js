/* Passkeys: asks the shop what to sign and the device to sign it, and sends the answer with the page's own form. */

const RENEW_MS = 4 * 60 * 1000;
const LISTS = ["allowCredentials", "excludeCredentials"];

function toBytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function toText(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** What the shop wrote as text, with bytes where browsers want them. */
function readOptions(options) {
  const read = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) read.user = { ...options.user, id: toBytes(options.user.id) };
  for (const list of LISTS) {
    if (options[list]) read[list] = options[list].map((one) => ({ ...one, id: toBytes(one.id) }));
  }
  return read;
}

function writeAnswer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
}

function tell(form, text) {
  const place = form.querySelector("[data-problem]");
  place.querySelector("[data-words]").textContent = text;
  place.hidden = false;
  place.focus();
}

async function askShop(form) {
  const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form) });
  if (answer.status === 403 && form.dataset.confirm) location.assign(form.dataset.confirm);
  if (!answer.ok) throw new Error(`the shop answered ${answer.status}`);
  return readOptions(await answer.json());
}

function send(form, credential) {
  form.elements.answer.value = writeAnswer(credential);
  form.submit();
}

/** What went wrong, in the page's words; nothing when it was only put off. */
function wordsFor(form, error) {
  const words = form.dataset;
  if (error.name === "NotAllowedError") return words.cancelled;
  if (error.name === "InvalidStateError") return words.known;
  return words.failed;
}

let waiting;

/** Let the browser offer passkeys in the field for the address; it waits until one is chosen, with a fresh question. */
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting?.abort();
  const own = (waiting = new AbortController());
  const timer = setTimeout(() => offer(form), RENEW_MS);
  try {
    const publicKey = await askShop(form);
    if (own.signal.aborted) return;
    const credential = await navigator.credentials.get({ publicKey, mediation: "conditional", signal: own.signal });
    if (credential) send(form, credential);
  } catch {
    /* Nobody has asked for anything yet, so nothing is said. */
  } finally {
    if (own.signal.aborted) clearTimeout(timer);
  }
}

async function use(form) {
  const button = form.querySelector("button");
  waiting?.abort();
  button.disabled = true;
  form.querySelector("[data-problem]").hidden = true;
  try {
    const publicKey = await askShop(form);
    const { credentials } = navigator;
    send(form, await (form.dataset.passkey === "add" ? credentials.create({ publicKey }) : credentials.get({ publicKey })));
  } catch (error) {
    tell(form, wordsFor(form, error));
    button.disabled = false;
  }
}

function begin(form) {
  const { origin, elsewhere, unknown } = form.dataset;
  let problem = "";
  if (location.origin !== origin) problem = elsewhere;
  else if (!window.PublicKeyCredential) problem = unknown;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (problem) tell(form, problem);
    else if (form.reportValidity()) use(form);
  });
  // After a refusal people read first; what was refused once is not offered at once again.
  if (!problem && form.dataset.passkey === "sign-in" && !document.querySelector(".error-summary")) offer(form);
}

document.querySelectorAll("form[data-passkey]").forEach(begin);
