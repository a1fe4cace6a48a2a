/* What makes the desk comfortable. Every page of it works without this file. */

const guarded = document.querySelectorAll("form[data-guard]");

/** A form that was typed into, or that came back unsaved, asks before its page is left. */
function markChanged(form) {
  form.dataset.changed = "yes";
}

function hasUnsaved() {
  return [...document.querySelectorAll("form[data-guard][data-changed]")].some((form) => !form.dataset.leaving);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-guard]");
  if (form) markChanged(form);
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-guard]")) event.target.dataset.leaving = "yes";
});

window.addEventListener("beforeunload", (event) => {
  if (hasUnsaved()) event.preventDefault();
});

/* Coming back by the back button: the form is as it was left, and its next leaving counts again. */
window.addEventListener("pageshow", () => {
  for (const form of guarded) delete form.dataset.leaving;
});

/* On a phone the areas of the desk scroll sideways: the one that is open is seen. */
for (const here of document.querySelectorAll(":is(.desk-areas, .tabs) [aria-current]")) {
  here.scrollIntoView({ block: "nearest", inline: "center" });
}

/** Ctrl+S or Cmd+S saves the form at hand instead of the page's source. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form[data-guard]") ?? guarded[0];
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-print]")) window.print();
});

/* Prices are edited over the list; where no script runs, the same link leads to a page. */
document.addEventListener("htmx:after:swap", (event) => {
  const place = event.detail.ctx.target;
  const dialog = place?.id === "prices-body" ? place.closest("dialog") : null;
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.querySelector(".price-form .input")?.select();
});

/* A row that was added to a form takes the focus, and the form is no longer as it was. */
document.addEventListener("htmx:after:swap", () => {
  document.querySelector("#variants [data-focus]")?.focus();
  const form = document.querySelector("#variants")?.form;
  if (form) markChanged(form);
});

/* A slider writes into the number beside it, which is what the form sends. */
document.addEventListener("input", (event) => {
  const slider = event.target.closest?.("[data-slides]");
  const number = document.getElementById(slider ? slider.dataset.slides : event.target.id);
  if (!slider) {
    const own = document.querySelector(`[data-slides="${CSS.escape(event.target.id ?? "")}"]`);
    if (own) own.value = event.target.value;
  } else if (number) {
    number.value = slider.value;
  }
});
