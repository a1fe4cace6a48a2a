/* What links, forms and htmx do not do by themselves. Every page works without this file. */

const TOAST_MS = 8000;
const drawer = document.getElementById("cart-drawer");

/** Say something at the bottom of the screen; screen readers hear it through the live region. */
function toast(text) {
  const box = document.createElement("p");
  box.className = "toast";
  box.textContent = text;
  document.getElementById("toasts")?.append(box);
  fadeToasts();
}

/** What was said goes away after a while, whether it came from here or with an answer of the server. */
function fadeToasts() {
  for (const box of document.querySelectorAll("#toasts > :not([data-fading])")) {
    box.dataset.fading = "yes";
    setTimeout(() => box.remove(), TOAST_MS);
  }
}

function openDrawer() {
  if (drawer && !drawer.open) drawer.showModal();
}

/** The cart's link opens the drawer where the page has one; with a modifier key it stays a link. */
function showCart(event) {
  const link = event.target.closest?.("[data-opens-cart]");
  if (!link || !drawer || !window.htmx || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  window.htmx.ajax("GET", link.href, { target: "#cart-drawer-body", swap: "innerHTML" });
}

/** A click on what is behind a dialog closes it, as people expect of a drawer. */
function closeOnBackdrop(event) {
  if (event.target instanceof HTMLDialogElement) event.target.close();
}

/** Close an open menu when the click went elsewhere, and give the focus back on Escape. */
function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.type === "keydown" && event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.type === "click" && !menu.contains(event.target)) {
      menu.open = false;
    }
  }
}

/** After a swap took the focused element away, put the focus where the new content asks for it, the innermost first. */
function keepFocus(event) {
  if (document.activeElement !== document.body) return;
  const target = event.detail.ctx.target;
  const place = target?.isConnected ? target : (document.querySelector("dialog[open]") ?? document.getElementById("main"));
  const asking = [place, ...place.querySelectorAll("[data-focus]")].filter((element) => element.matches("[data-focus]"));
  asking.find((element) => !element.querySelector("[data-focus]"))?.focus();
}

/** A second tap on a button that already sent its form does nothing; coming back by the back button wakes it up. */
function sendOnce(event) {
  const form = event.target;
  if (!form.hasAttribute("data-once")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-disabled", "true");
}

function wakeForms() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  }
}

let countdown;

/** Count down how long the goods are kept at checkout; what is near the end is said aloud, each of it once. */
function countDown() {
  clearInterval(countdown);
  const form = document.querySelector("#hold [data-seconds]");
  if (!form) return;
  const { seconds, soon, last } = form.dataset;
  const end = Date.now() + Number(seconds) * 1000;
  const due = [[120, soon], [30, last]].filter(([from]) => from < Number(seconds));
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    showCountdown(form, left);
    let text = left === 0 ? form.dataset.over : "";
    while (left > 0 && due.length && left <= due[0][0]) text = due.shift()[1];
    if (text) form.querySelector("[data-announce]").textContent = text;
    if (left === 0) clearInterval(countdown);
  };
  countdown = setInterval(tick, 1000);
  tick();
}

function showCountdown(form, left) {
  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  const place = form.querySelector("[data-countdown]");
  place.textContent = left > 0 ? form.dataset.text.replace("{time}", time) : form.dataset.over;
  place.classList.toggle("is-ending", left <= 120);
  if (left === 0) form.querySelector("button").textContent = form.dataset.again;
}

/** Pages are the same for everybody: only the header knows the address of whoever is signed in. */
function fillOwnEmail() {
  const email = document.querySelector("#personal [data-email]")?.dataset.email;
  for (const field of document.querySelectorAll("[data-own-email]")) {
    if (email && !field.value && field !== document.activeElement) field.value = email;
  }
}

/** The hearts of what is on the wishlist already; pressed again they take it off. */
function fillHearts() {
  const known = document.querySelector("#personal [data-wished]")?.dataset.wished.split(" ") ?? [];
  for (const form of document.querySelectorAll("form[data-wish]")) {
    const isWished = known.includes(form.dataset.wish);
    form.elements.wanted.value = isWished ? "0" : "1";
    form.querySelector("button").setAttribute("aria-pressed", isWished);
  }
}

document.addEventListener("click", (event) => {
  closeOnBackdrop(event);
  closeMenus(event);
  showCart(event);
  const opener = event.target.closest?.("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
});
document.addEventListener("keydown", closeMenus);
document.addEventListener("submit", sendOnce);
window.addEventListener("pageshow", wakeForms);

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target?.id === "cart-drawer-body") openDrawer();
  if (event.detail.ctx.target?.id === "hold") countDown();
  keepFocus(event);
  fadeToasts();
  fillOwnEmail();
  fillHearts();
});
document.addEventListener("htmx:error", () => toast(document.body.dataset.failed));

document.querySelector("[autofocus][data-focus]")?.focus();
countDown();
