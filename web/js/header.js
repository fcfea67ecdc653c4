// The head of the page: what waits, what stands, which cameras live; tabs; language; keys.

import { desk, filterBy, select, show, TABS } from "./desk.js";
import { h, put } from "./dom.js";
import { count } from "./format.js";
import { showKeys } from "./keys.js";
import { t } from "./text.js";

function figure(number, label, kind, onclick) {
  return h("button", { class: `figure ${kind}`, type: "button", onclick }, h("b", {}, number), h("span", {}, label));
}

function figures() {
  const live = desk.cameras.filter((c) => c.state === "streaming").length;
  const failing = desk.cameras.some((c) => c.state === "failing");
  return [
    figure(count(desk.counts.clues), t("head.clues"), desk.counts.clues ? "warn" : "", () => {
      select(null);
      filterBy({ status: "clue", open: "" });
    }),
    figure(count(desk.counts.open), t("head.open"), "", () => {
      select(null);
      filterBy({ open: "true", status: "" });
    }),
    figure(`${live}/${desk.cameras.length}`, t("head.cameras"), failing ? "bad" : "good", () => show("cameras")),
  ];
}

/** Builds the head into `element`. */
export function header(element) {
  const site = h("span", { class: "site" });
  const numbers = h("div", { class: "figures" });
  const tabs = TABS.map((name) =>
    h("button", { type: "button", class: "tab", "data-tab": name, onclick: () => {
      if (name === "cases") select(null);
      show(name);
    } }, t(`tab.${name}`)));
  put(element,
    h("div", { class: "brand" }, h("img", { src: "assets/icon.svg", alt: "", width: 26, height: 26 }),
      h("span", {}, h("strong", {}, t("app.title")), site)),
    h("nav", { class: "tabs", "aria-label": t("app.title") }, tabs),
    numbers,
    h("div", { class: "tools" },
      h("button", { type: "button", class: "quiet keys-button", onclick: showKeys, "aria-label": t("keys.title") }, "?"),
      h("button", { type: "button", class: "quiet", "aria-label": t("lang.label"),
        onclick: () => dispatchEvent(new Event("streetwarden:language")) }, t("lang.switch"))));
  let last = "";
  return {
    update() {
      site.textContent = desk.site?.name ?? "";
      tabs.forEach((tab) => {
        if (tab.dataset.tab === desk.tab) tab.setAttribute("aria-current", "page");
        else tab.removeAttribute("aria-current");
      });
      const now = JSON.stringify([desk.counts, desk.cameras.map((c) => c.state)]);
      if (now !== last) put(numbers, figures());
      last = now;
    },
  };
}
