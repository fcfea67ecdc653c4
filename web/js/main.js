// Puts the page together: one view per tab, each keeps its own elements and updates them in place.

import { changed, desk, follow, refresh, watch, whenTokenNeeded } from "./desk.js";
import { h, put } from "./dom.js";
import { clock } from "./format.js";
import { lang, setLang, t } from "./text.js";
import { askToken } from "./token.js";
import { header } from "./header.js";
import { caseList } from "./list.js";
import { caseDetail } from "./detail.js";
import { cameras } from "./cameras.js";
import { spots } from "./spots.js";
import { models } from "./models.js";
import { listenToKeys } from "./keys.js";

let views = {};

function build() {
  const list = caseList();
  const detail = caseDetail();
  const panes = {
    cases: h("div", { class: "pane cases" }, list.element, detail.element),
    cameras: cameras(),
    spots: spots(),
    models: models(),
  };
  views = {
    header: header(document.getElementById("header")), list, detail, cameras: panes.cameras, spots: panes.spots, models: panes.models,
    panes: { cases: panes.cases, cameras: panes.cameras.element, spots: panes.spots.element, models: panes.models.element },
  };
  put(document.getElementById("main"), Object.values(views.panes));
  document.getElementById("skip").textContent = t("skip");
  document.title = t("app.title");
}

function update() {
  views.header.update();
  for (const [name, pane] of Object.entries(views.panes)) pane.hidden = desk.tab !== name;
  if (desk.tab === "cases") {
    views.list.update();
    views.detail.update();
    views.panes.cases.classList.toggle("has-selection", desk.selected !== null);
  } else {
    views[desk.tab].update();
  }
  const notice = document.getElementById("notice");
  const text = desk.lostSince ? t("net.lost", { time: clock(desk.lostSince) })
    : desk.fault ? t("net.error", { why: desk.fault }) : "";
  if (notice.textContent !== text) notice.textContent = text;
}

/** Switches the language: everything is built anew in it. */
export function switchLanguage() {
  setLang(lang() === "en" ? "zh-CN" : "en");
  build();
  changed();
}

setLang(lang());
whenTokenNeeded(() => askToken(refresh));
follow();
build();
watch(update);
addEventListener("hashchange", () => { follow(); changed(); refresh(); });
addEventListener("popstate", () => { follow(); changed(); });
addEventListener("streetwarden:language", switchLanguage);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
listenToKeys(() => views);
changed();
refresh();
