/* The payment page: the provider's fields in our page, one button, and what went wrong in words. */

const place = document.querySelector("#pay");
const button = place.querySelector("button");
const problem = document.querySelector("#problem");

function tell(text) {
  problem.querySelector("[data-words]").textContent = text;
  problem.hidden = false;
  problem.focus();
}

function wait(isWaiting) {
  button.disabled = isWaiting;
  place.setAttribute("aria-busy", isWaiting);
}

/** Confirm the payment; on success the provider's script leaves for the order's page by itself. */
async function pay(actions) {
  problem.hidden = true;
  wait(true);
  try {
    const result = await actions.confirm();
    if (result.type !== "error") return;
    tell(result.error.message || place.dataset.failed);
  } catch {
    tell(place.dataset.failed);
  }
  wait(false);
}

async function begin() {
  const { publicKey, clientSecret, locale } = place.dataset;
  const checkout = window.Stripe(publicKey, { locale }).initCheckoutElementsSdk({ clientSecret });
  const element = checkout.createPaymentElement();
  element.on("ready", () => wait(false));
  element.on("loaderror", () => tell(place.dataset.unloaded));
  element.mount("#payment-element");
  const loaded = await checkout.loadActions();
  if (loaded.type === "error") throw new Error(loaded.error.message);
  button.addEventListener("click", () => pay(loaded.actions));
}

begin().catch(() => tell(place.dataset.unloaded));
