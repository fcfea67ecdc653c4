// What the page knows: one object, asked for again every few seconds. Views read it and never change
// it except through the functions here.

import * as api from "./api.js";
import { instant, setZone } from "./format.js";

const EVERY_MS = 4000;
const PAGE = 50;

/** The tabs, in order. */
export const TABS = ["cases", "cameras", "spots", "models"];

/** The state. `detail` belongs to `selected` or is null; `lostSince` is set while the service is silent. */
export const desk = {
  tab: "cases", selected: null, site: null, cases: [], total: 0, limit: PAGE, detail: null, missing: false,
  filter: { q: "", status: "", class: "", camera: "", open: "", since: "", until: "" },
  cameras: [], spots: [], models: [], precision: [], counts: { clues: 0, open: 0 }, lostSince: null, fault: null, annotated: true, loaded: false,
};

const listeners = new Set();
let onTokenNeeded = () => {};
let timer = null;
let round = 0;

/** Calls `f` after every change. */
export const watch = (f) => listeners.add(f);
export const changed = () => listeners.forEach((f) => f());
/** What to do when the service asks for a token. */
export const whenTokenNeeded = (f) => { onTokenNeeded = f; };

/** A label of a class in the page's language. */
export function classLabel(name, lang) {
  const label = desk.site?.classes.find((c) => c.name === name)?.label;
  return label?.[lang === "zh-CN" ? "zh" : "en"] ?? name;
}

function filterNow() {
  return { ...desk.filter, since: instant(desk.filter.since), until: instant(desk.filter.until), limit: desk.limit };
}

async function loadDetail(id) {
  try {
    const detail = await api.getCase(id);
    if (desk.selected === id) Object.assign(desk, { detail, missing: false });
  } catch (error) {
    if (error.status !== 404) throw error;
    if (desk.selected === id) Object.assign(desk, { detail: null, missing: true });
  }
}

async function loadCases(mine) {
  const page = await api.getCases(filterNow());
  if (mine === round) Object.assign(desk, { cases: page.cases, total: page.total });
}

async function loadCounts() {
  const [clues, open] = await Promise.all([
    api.getCases({ status: "clue", limit: 1 }), api.getCases({ open: true, limit: 1 })]);
  desk.counts = { clues: clues.total, open: open.total };
}

async function load() {
  const mine = ++round;
  const jobs = [loadCases(mine), loadCounts(), api.getCameras().then((r) => { desk.cameras = r.cameras; })];
  if (!desk.site) jobs.push(api.getSite().then((r) => { desk.site = r; setZone(r.timezone); }));
  if (desk.selected) jobs.push(loadDetail(desk.selected));
  if (desk.tab === "spots") jobs.push(api.getSpots().then((r) => { desk.spots = r.spots; }));
  if (desk.tab === "models") {
    jobs.push(api.getModels().then((r) => { desk.models = r.models; }), api.getPrecision().then((r) => { desk.precision = r.precision; }));
  }
  await Promise.all(jobs);
}

/** Asks for everything now, and again in a while. Never fails: a fault is shown and tried again. */
export async function refresh() {
  clearTimeout(timer);
  try {
    await load();
    Object.assign(desk, { lostSince: null, fault: null, loaded: true });
  } catch (error) {
    if (error.status === 401) return onTokenNeeded();
    if (error.status) desk.fault = error.message;
    else desk.lostSince ??= new Date().toISOString();
  }
  changed();
  clearTimeout(timer);
  timer = setTimeout(() => (document.hidden ? wait() : refresh()), EVERY_MS);
}

function wait() {
  timer = setTimeout(() => (document.hidden ? wait() : refresh()), EVERY_MS);
}

/** Shows a tab. */
export function show(tab) {
  if (desk.tab === tab && !desk.selected) return;
  desk.tab = tab;
  remember();
  changed();
  refresh();
}

/** Selects a case (null: none). */
export function select(id) {
  if (desk.selected !== id) Object.assign(desk, { selected: id, detail: null, missing: false });
  desk.tab = "cases";
  remember();
  changed();
  if (id) loadDetail(id).then(changed, () => refresh());
}

/** Changes the filter and asks again. */
export function filterBy(fields) {
  Object.assign(desk.filter, fields);
  desk.limit = PAGE;
  changed();
  refresh();
}

/** Asks for a longer list. */
export function more() {
  desk.limit = Math.min(desk.limit + PAGE, 500);
  refresh();
}

function remember() {
  const hash = desk.tab === "cases" ? (desk.selected ? `#/cases/${desk.selected}` : "#/cases") : `#/${desk.tab}`;
  if (location.hash !== hash) history.pushState(null, "", hash);
}

/** Takes tab and selection from the address. */
export function follow() {
  const [, tab = "cases", id] = location.hash.split("/");
  desk.tab = TABS.includes(tab) ? tab : "cases";
  const selected = desk.tab === "cases" && id ? decodeURIComponent(id) : null;
  if (selected !== desk.selected) Object.assign(desk, { selected, detail: null, missing: false });
}
