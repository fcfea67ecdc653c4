// Asks for the access token when the service wants one.

import { setToken } from "./api.js";
import { h } from "./dom.js";
import { t } from "./text.js";

let open = false;
let tried = false;

/** Shows the dialog once; calls `then` with the token set. */
export function askToken(then) {
  if (open) return;
  open = true;
  const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const dialog = h("dialog", { class: "token", "aria-labelledby": "token-title", oncancel: (e) => e.preventDefault() },
    h("form", { method: "dialog", onsubmit: () => {
      setToken(input.value.trim());
      tried = true;
    } },
      h("h2", { id: "token-title" }, t("token.title")),
      h("p", { class: "muted" }, t("token.hint")),
      tried && h("p", { class: "fault", role: "alert" }, t("token.wrong")),
      h("label", { class: "field" }, h("span", {}, t("token.title")), input),
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, t("token.enter")))));
  dialog.addEventListener("close", () => { dialog.remove(); open = false; then(); });
  document.body.append(dialog);
  dialog.showModal();
}
