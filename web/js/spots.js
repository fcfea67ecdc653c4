// The rejected spots: where a class stays quiet, until when, who said so and why. Each can be lifted.

import { liftSpot } from "./api.js";
import { ask } from "./ask.js";
import { classLabel, desk } from "./desk.js";
import { h, put } from "./dom.js";
import { brief, degrees, full, metres } from "./format.js";
import { lang, t } from "./text.js";

function askReason(spot) {
  ask({
    title: `${t("spot.lift")}: ${classLabel(spot.class, lang())}`, action: t("spot.lift"), hint: t("spot.lift_hint"),
    done: t("spot.lifted"), send: (body) => liftSpot(spot.id, body),
  });
}

function row(spot) {
  const expired = new Date(spot.until) < new Date();
  const cell = (key, value, kind = "") => h("td", { "data-label": t(key), class: kind }, value);
  return h("tr", { class: expired ? "expired" : "" },
    cell("spot.class", classLabel(spot.class, lang())),
    cell("spot.place", degrees(spot.place), "mono"),
    cell("spot.radius", metres(spot.radius_m), "num"),
    cell("spot.from", h("time", { datetime: spot.from, title: full(spot.from) }, brief(spot.from))),
    cell("spot.until", [h("time", { datetime: spot.until, title: full(spot.until) }, brief(spot.until)),
      expired && h("span", { class: "chip" }, t("spot.expired"))]),
    cell("spot.by", spot.by), cell("spot.reason", spot.reason),
    h("td", {}, h("button", { type: "button", class: "quiet", onclick: () => askReason(spot) }, t("spot.lift"))));
}

function table(list) {
  const heads = ["class", "place", "radius", "from", "until", "by", "reason"];
  return h("div", { class: "card scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((key) => h("th", { scope: "col" }, t(`spot.${key}`))), h("th", {}))),
    h("tbody", {}, list.map(row))));
}

/** The tab. */
export function spots() {
  const body = h("div", {});
  const element = h("section", { class: "pane plain", "aria-label": t("tab.spots") }, h("h2", {}, t("tab.spots")), body);
  let last = "";
  return {
    element,
    update() {
      const now = JSON.stringify([desk.spots, desk.site?.classes]);
      if (now !== last) put(body, desk.spots.length ? table(desk.spots) : h("p", { class: "empty" }, t("spot.none")));
      last = now;
    },
  };
}
