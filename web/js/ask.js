// A dialog that asks who does a thing, and why where `hint` is given; it stays open and says so when
// the service refuses.

import { refresh } from "./desk.js";
import { h, toast } from "./dom.js";
import { rememberReviewer, reviewer } from "./review.js";
import { t } from "./text.js";

/** Asks; `send` gets { by, reason } and `done` is told when it went through. */
export function ask({ title, action, hint, send, done }) {
  const by = h("input", { id: "ask-by", required: true, maxlength: 120, value: reviewer() });
  const reason = h("input", { id: "ask-reason", required: true, maxlength: 1000, placeholder: hint });
  const fault = h("p", { class: "fault", role: "alert" });
  async function sent(event) {
    event.preventDefault();
    rememberReviewer(by.value.trim());
    try {
      await send(hint ? { by: by.value.trim(), reason: reason.value.trim() } : { by: by.value.trim() });
      toast(done);
      dialog.close();
      refresh();
    } catch (error) {
      fault.textContent = error.message;
    }
  }
  const dialog = h("dialog", { "aria-labelledby": "ask-title", onclose: () => dialog.remove() },
    h("form", { onsubmit: sent }, h("h2", { id: "ask-title" }, title),
      h("label", { class: "field" }, h("span", {}, t("review.by")), by),
      hint && h("label", { class: "field" }, h("span", {}, t("spot.reason")), reason), fault,
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, action),
        h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, t("review.cancel")))));
  document.body.append(dialog);
  dialog.showModal();
  (by.value && hint ? reason : by).focus();
}
