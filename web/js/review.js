// A person's decision on a clue. Confirming takes two presses, rejecting takes a reason: both are
// entered in the custody log with the reviewer's name.

import { review } from "./api.js";
import { refresh } from "./desk.js";
import { h, put, toast } from "./dom.js";
import { full, metres } from "./format.js";
import { t, word } from "./text.js";

const NAME = "streetwarden.reviewer";
const REASONS = ["permitted", "place", "mistaken", "brief", "duplicate"];

/** The reviewer's name, kept for the next decision. */
export const reviewer = () => localStorage.getItem(NAME) ?? "";
export const rememberReviewer = (name) => localStorage.setItem(NAME, name);

function tellDone(answer) {
  const { case: c, spot } = answer;
  toast(t(`review.done.${c.status === "rejected" ? "rejected" : "confirmed"}`, { id: c.id }));
  if (spot) toast(t("review.spot", { radius: metres(spot.radius_m), until: full(spot.until) }), "note");
}

/** The form; `update` takes the case. */
export function reviewForm() {
  const name = h("input", { id: "review-by", autocomplete: "name", maxlength: 120, value: reviewer(),
    onchange: () => rememberReviewer(name.value.trim()) });
  const reason = h("input", { id: "review-reason", maxlength: 1000, placeholder: t("review.reason_hint") });
  const confirmButton = h("button", { type: "button", class: "primary", onclick: confirm },
    t("review.confirm"), h("kbd", {}, "C"));
  const rejectButton = h("button", { type: "button", class: "danger", onclick: reject, "aria-expanded": "false" },
    t("review.reject"), h("kbd", {}, "R"));
  const fault = h("p", { class: "fault", role: "alert" });
  const why = h("form", { class: "why", hidden: true, onsubmit: (e) => { e.preventDefault(); sendRejection(); } },
    h("div", { class: "quick" }, REASONS.map((key) => h("button", { type: "button", class: "chip pick",
      onclick: () => { reason.value = t(`reason.${key}`); reason.focus(); } }, t(`reason.${key}`)))),
    h("label", { class: "field grow" }, h("span", {}, t("review.reason")), reason),
    h("div", { class: "buttons" },
      h("button", { type: "submit", class: "danger solid" }, t("review.send")),
      h("button", { type: "button", class: "quiet", onclick: () => open(false) }, t("review.cancel"))));
  const acts = h("div", { class: "acts" },
    h("label", { class: "field by" }, h("span", {}, t("review.by")), name),
    h("div", { class: "buttons" }, confirmButton, rejectButton));
  const done = h("p", { class: "decided", hidden: true });
  const element = h("section", { class: "review", "aria-label": t("review.title") }, acts, why, fault, done);
  let current = null;
  let armed = null;
  let busy = false;

  const tell = (text) => { fault.textContent = text; };

  function open(yes) {
    why.hidden = !yes;
    rejectButton.setAttribute("aria-expanded", String(yes));
    if (yes) reason.focus();
    tell("");
  }

  function disarm() {
    clearTimeout(armed);
    armed = null;
    confirmButton.classList.remove("armed");
    put(confirmButton, t("review.confirm"), h("kbd", {}, "C"));
  }

  function named() {
    if (name.value.trim()) return true;
    tell(t("review.need_name"));
    name.focus();
    return false;
  }

  async function send(body) {
    if (busy) return;
    busy = true;
    element.setAttribute("aria-busy", "true");
    rememberReviewer(name.value.trim());
    try {
      tellDone(await review(current.id, { ...body, by: name.value.trim() }));
      open(false);
      reason.value = "";
    } catch (error) {
      tell(error.message);
    } finally {
      busy = false;
      element.removeAttribute("aria-busy");
      refresh();
    }
  }

  function confirm() {
    if (acts.hidden || confirmButton.hidden || busy || !named()) return;
    tell("");
    if (armed) {
      disarm();
      send({ decision: "confirmed" });
      return;
    }
    open(false);
    put(confirmButton, t("review.armed"), h("kbd", {}, "C"));
    confirmButton.classList.add("armed");
    armed = setTimeout(disarm, 4000);
  }

  function reject() {
    if (acts.hidden || busy) return;
    disarm();
    open(why.hidden);
  }

  function sendRejection() {
    if (!named()) return;
    const text = reason.value.trim();
    if (text) send({ decision: "rejected", reason: text });
    else { tell(t("review.need_reason")); reason.focus(); }
  }

  return {
    element, confirm, reject,
    update(c) {
      current = c;
      const waits = c.status === "clue";
      acts.hidden = !waits && c.status !== "confirmed";
      confirmButton.hidden = !waits;
      if (!waits) disarm();
      if (acts.hidden) why.hidden = true;
      done.hidden = waits;
      done.textContent = t("review.decided", { status: word("status", c.status) });
    },
  };
}
