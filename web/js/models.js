// The models: which one looks, switching to another or back, and how often people agreed with each.

import { activateModel } from "./api.js";
import { ask } from "./ask.js";
import { classLabel, desk } from "./desk.js";
import { h, put } from "./dom.js";
import { count } from "./format.js";
import { lang, t } from "./text.js";

function askSwitch(model) {
  const title = t(model.previous ? "model.back_to" : "model.switch_to", { name: model.name });
  ask({
    title, action: t("model.switch"), done: t("model.switched", { name: model.name }),
    send: (body) => activateModel(model.name, body),
  });
}

function state(model) {
  if (model.active) return h("span", { class: "state streaming" }, t("model.active"));
  if (model.fault) return h("span", { class: "state failing" }, t("model.refused"));
  return model.previous && h("span", { class: "state" }, t("model.previous"));
}

function cell(label, value, kind = "") {
  return h("div", { class: "cell" }, h("span", { class: "label" }, t(label)), h("span", { class: `value ${kind}` }, value));
}

function card(model) {
  const usable = !model.active && !model.fault;
  return h("article", { class: "card camera" },
    h("header", {}, h("div", {}, h("h3", {}, model.name), h("span", { class: "muted mono" }, model.version)), state(model)),
    model.fault && h("p", { class: "fault" }, model.fault),
    h("div", { class: "cells" },
      cell("model.licence", model.licence || "–"),
      cell("case.hash", model.sha256 || "–", "mono")),
    usable && h("button", { type: "button", class: "quiet", onclick: () => askSwitch(model) },
      t(model.previous ? "model.back" : "model.switch")));
}

function row(p) {
  const field = (key, value, kind = "") => h("td", { "data-label": t(key), class: kind }, value);
  return h("tr", {},
    field("filter.camera", p.camera, "mono"), field("fact.class", classLabel(p.class, lang())),
    field("model.model", p.model, "mono"), field("model.confirmed", count(p.confirmed), "num"),
    field("model.rejected", count(p.rejected), "num"),
    field("model.precision", `${(100 * p.precision).toFixed(0)} %`, "num"));
}

function table(rows) {
  const heads = ["filter.camera", "fact.class", "model.model", "model.confirmed", "model.rejected", "model.precision"];
  return h("div", { class: "card scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((key) => h("th", { scope: "col" }, t(key))))),
    h("tbody", {}, rows.map(row))));
}

/** The tab. */
export function models() {
  const cards = h("div", { class: "cards" });
  const agreed = h("div", {});
  const element = h("section", { class: "pane plain", "aria-label": t("tab.models") }, h("h2", {}, t("tab.models")), cards,
    h("h2", {}, t("model.agreement")), h("p", { class: "muted" }, t("model.agreement_hint")), agreed);
  let last = "";
  return {
    element,
    update() {
      const now = JSON.stringify([desk.models, desk.precision, desk.site?.classes]);
      if (now === last) return;
      last = now;
      put(cards, desk.models.map(card));
      put(agreed, desk.precision.length ? table(desk.precision) : h("p", { class: "empty" }, t("model.no_reviews")));
    },
  };
}
