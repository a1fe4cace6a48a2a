/* The demo provider's script for a shop's own page. It answers the calls that Stripe.js answers
   (https://docs.stripe.com/js/custom_checkout), as far as this shop makes them. */

const home = new URL(".", document.currentScript.src);

/** The frame with the provider's fields; what is typed there never reaches the page around it. */
class PaymentElement {
  #secret;
  #listeners = {};

  constructor(secret) {
    this.#secret = secret;
  }

  on(name, listener) {
    this.#listeners[name] = listener;
  }

  mount(place) {
    const holder = typeof place === "string" ? document.querySelector(place) : place;
    this.frame = document.createElement("iframe");
    this.frame.src = new URL(`element/${this.#secret}`, home);
    this.frame.title = document.documentElement.lang.startsWith("zh") ? "付款" : "Payment";
    this.frame.allow = "payment";
    Object.assign(this.frame.style, { border: "0", display: "block", inlineSize: "100%" });
    this.frame.addEventListener("load", () => this.#settle());
    holder.replaceChildren(this.frame);
  }

  /** The frame is as high as what it holds, also when that changes. */
  #settle() {
    const { body } = this.frame.contentDocument;
    const fit = () => {
      this.frame.style.blockSize = `${body.offsetHeight}px`;
    };
    new ResizeObserver(fit).observe(body);
    fit();
    this.#listeners.ready?.({ elementType: "payment" });
  }

  /** The form in the frame, sent by the frame itself. */
  async send() {
    const { contentDocument, contentWindow } = this.frame;
    const form = contentDocument.querySelector("form");
    if (!form) return { reason: "expired" };
    const body = new URLSearchParams(new contentWindow.FormData(form));
    const answer = await contentWindow.fetch(form.action, { method: "POST", body });
    return answer.json();
  }
}

const words = {
  en: { expired: "This payment page has expired.", declined: "Your card was declined." },
  zh: { expired: "此付款页面已过期。", declined: "您的银行卡被拒绝。" },
};

function initCheckoutElementsSdk({ clientSecret }, language) {
  const element = new PaymentElement(clientSecret);
  const told = words[language.startsWith("zh") ? "zh" : "en"];
  const actions = {
    async confirm() {
      const { url, reason } = await element.send();
      if (!url) return { type: "error", error: { code: reason, message: told[reason] ?? told.declined } };
      window.location.assign(url);
      return { type: "success" };
    },
  };
  return {
    createPaymentElement: () => element,
    loadActions: async () => ({ type: "success", actions }),
  };
}

window.Stripe = (_publicKey, { locale = "en" } = {}) => ({
  initCheckoutElementsSdk: (options) => initCheckoutElementsSdk(options, locale),
});
