// One case: what was decided, its pictures, where it is, its facts and its custody log. Each part is
// rebuilt only when its own data changed, so that a refresh disturbs nobody who reads or types.

import { desk, select, classLabel } from "./desk.js";
import { h, put } from "./dom.js";
import { brief, degrees, full, metres, stood, count } from "./format.js";
import { chips } from "./list.js";
import { map } from "./map.js";
import { pictures } from "./pictures.js";
import { reviewForm } from "./review.js";
import { lang, t, word } from "./text.js";

function caseLink(id) {
  return h("a", { href: `#/cases/${encodeURIComponent(id)}` }, id);
}

function cameraNames(ids) {
  return ids.map((id) => desk.cameras.find((c) => c.id === id)?.name ?? id).join(", ");
}

/** "0.81 × 0.62 = 0.50": the detector's own score, what the second look made of it as a factor, and the outcome. */
function secondLook({ first_score, keep }) {
  return `${first_score.toFixed(2)} × ${keep.toFixed(2)} = ${(first_score * keep).toFixed(2)}`;
}

function facts(c) {
  const rows = [
    ["fact.id", h("span", { class: "mono" }, c.id)],
    ["fact.code", `${c.code} ${c.code_name}`],
    ["fact.class", classLabel(c.class, lang())],
    ["fact.grid", c.grid ? h("span", { class: "mono" }, c.grid) : t("fact.no_grid")],
    ["fact.place", h("span", { class: "mono" }, degrees(c.place))],
    ["fact.error", `± ${metres(c.error_m)}`],
    ["fact.cameras", cameraNames(c.cameras)],
    ["fact.first", full(c.first_seen)],
    ["fact.opened", full(c.opened_at)],
    ["fact.last", full(c.last_seen)],
    ["fact.gone", c.gone_at ? full(c.gone_at) : t("fact.still")],
    ["fact.stood", stood(c)],
    ["fact.detections", count(c.detections)],
    ["fact.score", c.score.toFixed(2)],
    c.second_look && ["fact.second_look", secondLook(c.second_look)],
    c.permit && ["fact.permit", c.permit],
    c.recurrence_of && ["fact.former", caseLink(c.recurrence_of)],
  ].filter(Boolean);
  return h("dl", { class: "facts" }, rows.map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value))));
}

function custodyDetail(entry) {
  const payload = JSON.parse(entry.payload);
  switch (entry.what) {
    case "case_reviewed":
      return [word("status", payload.decision), payload.reason].filter(Boolean).join(": ");
    case "evidence_kept":
      return `${word("moment", payload.moment)}, ${word("role", payload.role)}, ${payload.camera}`;
    default:
      return "";
  }
}

function custodyRow(entry) {
  return h("li", {},
    h("time", { datetime: entry.at, title: full(entry.at) }, brief(entry.at)),
    h("span", { class: "custody-what" }, h("b", {}, word("custody", entry.what)),
      entry.who !== "streetwarden" && h("span", {}, entry.who),
      h("span", { class: "custody-detail" }, custodyDetail(entry))),
    h("code", { title: `${entry.subject} ${entry.hash}` }, entry.hash.slice(0, 10)));
}

function custody(entries) {
  if (!entries.length) return h("p", { class: "muted" }, t("custody.none"));
  return h("ol", { class: "custody" }, entries.map(custodyRow));
}

/** A part that is rebuilt by `make` only when `of(data)` changed. */
function part(element, of, make) {
  let last = null;
  return (data) => {
    const now = JSON.stringify([lang(), of(data)]);
    if (now !== last) put(element, make(data));
    last = now;
  };
}

function layout() {
  const title = h("div", { class: "case-title" });
  const shown = pictures();
  const decision = reviewForm();
  const here = map();
  const factBox = h("div", {});
  const log = h("div", {});
  const element = h("article", { class: "case" },
    h("div", { class: "case-head" },
      h("button", { type: "button", class: "quiet back", onclick: () => select(null) }, `‹ ${t("case.back")}`), title),
    decision.element,
    h("section", { class: "card pictures", "aria-label": t("case.pictures") }, shown.element),
    h("div", { class: "columns" },
      h("section", { class: "card" }, h("h3", {}, t("case.facts")), factBox),
      h("section", { class: "card" }, h("h3", {}, t("case.place")), here.element)),
    h("section", { class: "card" }, h("h3", {}, t("case.custody")), log));
  const parts = [
    part(title, (c) => [c, desk.site], (c) => [
      h("h2", {}, classLabel(c.class, lang()), h("span", { class: "muted mono" }, c.id)),
      h("div", { class: "chips" }, chips(c))]),
    part(factBox, (c) => [c, desk.site, desk.cameras.map((x) => x.name)], facts),
    part(log, (c) => c.custody, (c) => custody(c.custody)),
    (c) => shown.update(c),
    (c) => decision.update(c),
    (c) => here.update(c),
  ];
  return { element, decision, shown, update: (c) => parts.forEach((f) => f(c)) };
}

/** The right-hand side. `confirm`, `reject` and `flip` serve the keyboard. */
export function caseDetail() {
  const element = h("section", { class: "detail", "aria-live": "off" });
  let now = null;
  let id;
  function nothing() {
    const overview = map();
    put(element, h("div", { class: "nothing" },
      h("div", { class: "card overview" }, overview.element),
      h("p", { class: "muted" }, desk.missing ? t("case.gone_missing") : `${t("case.pick")} ${t("case.pick_hint")}`)));
    return { update: () => overview.update(null) };
  }
  return {
    element,
    confirm: () => now?.decision?.confirm(),
    reject: () => now?.decision?.reject(),
    flip: () => now?.shown?.flip(),
    update() {
      const wanted = desk.selected && !desk.missing ? desk.selected : null;
      if (wanted !== id) {
        id = wanted;
        now = wanted ? layout() : nothing();
        if (wanted) put(element, h("div", { class: "loading", "aria-busy": "true" }));
        element.scrollTop = 0;
      }
      if (!wanted) return now.update();
      if (!desk.detail) return;
      if (now.element.parentNode !== element) put(element, now.element);
      now.update(desk.detail);
    },
  };
}
