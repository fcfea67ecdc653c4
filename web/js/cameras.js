// Health of every camera: state with its reason, and where its frames went.

import { desk, filterBy, show, select } from "./desk.js";
import { h, put } from "./dom.js";
import { ago, count } from "./format.js";
import { t, word } from "./text.js";

function drops(dropped) {
  const rows = Object.entries(dropped).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  const sum = rows.reduce((all, [, n]) => all + n, 0);
  return [h("b", {}, count(sum)), rows.length > 0 && h("ul", { class: "drops" },
    rows.map(([why, n]) => h("li", {}, h("span", {}, word("drop", why)), h("span", { class: "num" }, count(n)))))];
}

function casesOf(id) {
  select(null);
  filterBy({ q: "", status: "", class: "", open: "", camera: id });
  show("cases");
}

/** Which way its frames are decoded, and why not the usual one. */
function decoded(d) {
  if (!d) return "–";
  const way = word("decoded", d.way);
  if (!d.reason) return way;
  const every = d.keyframes_every_s == null ? "" : count(Math.round(d.keyframes_every_s * 10) / 10);
  return `${way}: ${t(`decodedwhy.${d.reason}`, { every })}`;
}

function cell(label, ...value) {
  return h("div", { class: "cell" }, h("span", { class: "label" }, t(label)), h("span", { class: "value" }, value));
}

function card(c) {
  const size = c.width ? `${c.width} × ${c.height}` : "–";
  return h("article", { class: `card camera ${c.state}` },
    h("header", {},
      h("div", {}, h("h3", {}, c.name || c.id), h("span", { class: "muted mono" }, c.id)),
      h("span", { class: `state ${c.state}` }, word("camstate", c.state))),
    c.reason && h("p", { class: "fault" }, c.reason),
    h("div", { class: "cells" },
      cell("camera.picture", `${size}${c.codec ? ` · ${c.codec}` : ""}`),
      cell("camera.last", h("time", { datetime: c.last_frame_at ?? "" }, ago(c.last_frame_at))),
      cell("camera.time", c.time_source ? word("timesource", c.time_source) : "–"),
      cell("camera.decoded", decoded(c.decoded)),
      cell("camera.reconnects", count(c.reconnects)),
      cell("camera.frames", count(c.frames_in)),
      cell("camera.sampled", count(c.sampled)),
      cell("camera.dropped", drops(c.dropped))),
    h("button", { type: "button", class: "link", onclick: () => casesOf(c.id) }, t("camera.cases")));
}

/** The tab. */
export function cameras() {
  const grid = h("div", { class: "cards" });
  const element = h("section", { class: "pane plain", "aria-label": t("tab.cameras") }, h("h2", {}, t("tab.cameras")), grid);
  let last = "";
  return {
    element,
    update() {
      const now = JSON.stringify(desk.cameras) + Math.floor(Date.now() / 4000);
      if (now === last) return;
      last = now;
      const focused = [...grid.querySelectorAll("button")].indexOf(document.activeElement);
      put(grid, desk.cameras.length ? desk.cameras.map(card) : h("p", { class: "empty" }, t("camera.none")));
      if (focused >= 0) grid.querySelectorAll("button")[focused]?.focus();
    },
  };
}
