// The keyboard: walking the list and deciding without the mouse. Letters act only when nobody types.

import { desk, select, show, TABS } from "./desk.js";
import { h, typing } from "./dom.js";
import { t } from "./text.js";

/** The case that stands `step` further in the list, from the selected one or the place it had. */
let place = 0;
function neighbour(step) {
  const at = desk.cases.findIndex((c) => c.id === desk.selected);
  if (at >= 0) place = at + step;
  else if (desk.selected === null) place = 0;
  place = Math.min(Math.max(place, 0), desk.cases.length - 1);
  return desk.cases[place]?.id;
}

function walk(step, views) {
  const id = neighbour(step);
  if (!id) return;
  select(id);
  views.list.reveal();
}

/** Shows what the keys do. */
export function showKeys() {
  const rows = [["J / ↓", "j"], ["K / ↑", "k"], ["C", "c"], ["R", "r"], ["B", "b"], ["/", "slash"], ["1 2 3 4", "tabs"], ["Esc", "esc"]];
  const dialog = h("dialog", { class: "keys", "aria-labelledby": "keys-title", onclose: () => dialog.remove() },
    h("form", { method: "dialog" }, h("h2", { id: "keys-title" }, t("keys.title")),
      h("dl", {}, rows.map(([key, text]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(`keys.${text}`))))),
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "quiet" }, t("case.close")))));
  document.body.append(dialog);
  dialog.showModal();
}

function act(key, views) {
  switch (key) {
    case "j": case "ArrowDown": return walk(1, views);
    case "k": case "ArrowUp": return walk(-1, views);
    case "c": return views.detail.confirm();
    case "r": return views.detail.reject();
    case "b": return views.detail.flip();
    case "/": return document.getElementById("f-q")?.focus();
    default: return null;
  }
}

/** Starts listening; `views` gives the views of now. */
export function listenToKeys(views) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const { key } = event;
    if (key === "Escape") {
      if (typing()) document.activeElement.blur();
      else if (desk.selected) select(null);
      return;
    }
    if (typing() || event.repeat && "cr".includes(key)) return;
    if (key === "?") return showKeys();
    if (TABS[key - 1]) return show(TABS[key - 1]);
    if (desk.tab !== "cases" || !"jkcrb/ArrowDownArrowUp".includes(key)) return;
    event.preventDefault();
    act(key, views());
  });
}
