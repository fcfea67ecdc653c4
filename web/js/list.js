// The filterable list. Rows are kept by case number and changed in place, so that a refresh neither
// loses the selection nor the focus nor the scroll position.

import { desk, filterBy, more, select, classLabel } from "./desk.js";
import { h, put } from "./dom.js";
import { brief, count, stood } from "./format.js";
import { lang, t, word } from "./text.js";
import { thumbnail } from "./thumbnail.js";

const STATUSES = ["clue", "confirmed", "rejected", "pending_dispatch", "handling", "handled", "closed", "cancelled"];

/** Chips that say where a case stands. */
export function chips(c) {
  return [
    h("span", { class: `chip ${c.status}` }, word("status", c.status)),
    h("span", { class: c.gone_at ? "chip" : "chip standing" }, t(c.gone_at ? "chip.gone" : "chip.standing")),
    c.recurrence_of && h("span", { class: "chip again" }, t("chip.again")),
  ];
}

function row(c) {
  return h("button", { type: "button", class: "row", "data-id": c.id, onclick: () => select(c.id) },
    thumbnail(c.thumbnail),
    h("span", { class: "row-text" },
      h("span", { class: "row-title" }, classLabel(c.class, lang())),
      h("span", { class: "row-place" }, c.grid ?? t("fact.no_grid")),
      h("span", { class: "row-time" }, h("time", { datetime: c.first_seen }, brief(c.first_seen)),
        h("span", { class: "dot" }, "·"), stood(c)),
      h("span", { class: "chips" }, chips(c))));
}

function picker(name, label, values, text) {
  const select = h("select", { id: `f-${name}`, onchange: (e) => filterBy({ [name]: e.target.value }) });
  const fill = () => put(select, h("option", { value: "" }, `${label}: ${t("filter.all")}`),
    values().map((v) => h("option", { value: v }, text(v))));
  fill();
  return { element: h("label", { class: "field" }, h("span", { class: "sr" }, label), select), select, fill };
}

function moment(name) {
  return h("label", { class: "field" }, h("span", {}, t(`filter.${name}`)),
    h("input", { type: "datetime-local", step: 1, id: `f-${name}`, value: desk.filter[name],
      onchange: (e) => filterBy({ [name]: e.target.value }) }));
}

function filters() {
  let wait = null;
  const search = h("input", { type: "search", id: "f-q", placeholder: t("filter.search"), value: desk.filter.q,
    "aria-label": t("filter.search"), oninput: (e) => {
      clearTimeout(wait);
      wait = setTimeout(() => filterBy({ q: e.target.value.trim() }), 250);
    } });
  const pickers = {
    status: picker("status", t("filter.status"), () => STATUSES, (v) => word("status", v)),
    class: picker("class", t("filter.class"), () => desk.site?.classes.map((c) => c.name) ?? [], (v) => classLabel(v, lang())),
    camera: picker("camera", t("filter.camera"), () => desk.cameras.map((c) => c.id),
      (v) => desk.cameras.find((c) => c.id === v)?.name ?? v),
    open: picker("open", t("filter.open"), () => ["true", "false"], (v) => t(`open.${v}`)),
  };
  const times = [moment("since"), moment("until")];
  const clear = h("button", { type: "button", class: "quiet", onclick: () => filterBy(
    { q: "", status: "", class: "", camera: "", open: "", since: "", until: "" }) }, t("filter.clear"));
  const more = h("details", { class: "more-filters" }, h("summary", {}, t("filter.more")),
    h("div", { class: "filter-grid" }, pickers.camera.element, pickers.open.element, times));
  const element = h("form", { class: "filters", onsubmit: (e) => e.preventDefault(), "aria-label": t("filter.title") },
    h("div", { class: "search-line" }, search, clear),
    h("div", { class: "filter-grid" }, pickers.status.element, pickers.class.element), more);
  let known = "";
  return { element, update() {
    const now = JSON.stringify([desk.site?.classes, desk.cameras.map((c) => c.id)]);
    if (now !== known) Object.values(pickers).forEach((p) => p.fill());
    known = now;
    for (const [name, p] of Object.entries(pickers)) p.select.value = desk.filter[name];
    if (document.activeElement !== search) search.value = desk.filter.q;
    times.forEach((label) => {
      const input = label.querySelector("input");
      if (document.activeElement !== input) input.value = desk.filter[input.id.slice(2)];
    });
    clear.hidden = !filtered();
    if (["camera", "open", "since", "until"].some((k) => desk.filter[k])) more.open = true;
  } };
}

const filtered = () => Object.values(desk.filter).some((v) => v !== "");

/** The list with its filter. */
export function caseList() {
  const rows = new Map();
  const filter = filters();
  const shown = h("span", { class: "muted" });
  const items = h("div", { class: "rows", role: "list" });
  const longer = h("button", { type: "button", class: "quiet wide", onclick: more }, t("list.more"));
  const none = h("p", { class: "empty" });
  const element = h("section", { class: "list", "aria-label": t("list.title") }, filter.element,
    h("div", { class: "list-head" }, h("h2", {}, t("list.title")), shown), items, none, longer);

  function place(c, index) {
    const json = JSON.stringify(c);
    let entry = rows.get(c.id);
    if (!entry || entry.json !== json) {
      const item = h("div", { role: "listitem" }, row(c));
      const focused = entry?.item.contains(document.activeElement);
      entry?.item.replaceWith(item);
      if (focused) item.firstChild.focus();
      entry = { item, json };
      rows.set(c.id, entry);
    }
    if (items.children[index] !== entry.item) items.insertBefore(entry.item, items.children[index] ?? null);
    const button = entry.item.firstChild;
    if (c.id === desk.selected) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }

  return {
    element,
    /** Brings the selected row into sight. */
    reveal: () => rows.get(desk.selected)?.item.scrollIntoView({ block: "nearest" }),
    update() {
      filter.update();
      const ids = new Set(desk.cases.map((c) => c.id));
      for (const [id, { item }] of rows) if (!ids.has(id)) { item.remove(); rows.delete(id); }
      desk.cases.forEach(place);
      shown.textContent = t("list.count", { shown: count(desk.cases.length), total: count(desk.total) });
      longer.hidden = desk.cases.length >= desk.total;
      none.hidden = desk.cases.length > 0 || !desk.loaded;
      none.textContent = t(filtered() ? "list.none_filtered" : "list.none");
    },
  };
}
