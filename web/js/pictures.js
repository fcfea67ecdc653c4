// The pictures of a case across its dwell: a large one, a strip of moments, box on or off, download.

import { evidence, picture } from "./api.js";
import { changed, desk } from "./desk.js";
import { h, put, toast } from "./dom.js";
import { brief, full } from "./format.js";
import { t, word } from "./text.js";

/** One entry per moment and camera, oldest first; each knows its plain, boxed and original bytes. */
function moments(rows) {
  const found = new Map();
  for (const row of rows) {
    const key = `${row.camera} ${row.at}`;
    if (!found.has(key)) found.set(key, { key, camera: row.camera, at: row.at, moment: row.moment, time: row.time_source, roles: {} });
    found.get(key).roles[row.role] = row;
  }
  return [...found.values()].filter((m) => m.roles.annotated || m.roles.picture || isPicture(m.roles.original))
    .sort((a, b) => a.at.localeCompare(b.at));
}

const isPicture = (row) => Boolean(row?.content_type?.startsWith("image/"));

function shownRow(m) {
  const { annotated, picture: plain, original } = m.roles;
  const bare = plain ?? (isPicture(original) ? original : null);
  return desk.annotated ? annotated ?? bare : bare ?? annotated;
}

async function save(row) {
  try {
    const url = URL.createObjectURL(await evidence(row.id));
    h("a", { href: url, download: row.file_name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } catch (error) {
    toast(t("case.bad_picture", { why: error.message }), "bad");
  }
}

function enlarge(url, alt) {
  const dialog = h("dialog", { class: "lightbox", "aria-label": alt, onclick: () => dialog.close(),
    onclose: () => dialog.remove() },
    h("img", { src: url, alt }), h("button", { type: "button", class: "quiet" }, t("case.close")));
  document.body.append(dialog);
  dialog.showModal();
}

function load(box, row, alt) {
  picture(row.id).then((url) => {
    if (box.dataset.id !== row.id) return;
    put(box, h("button", { type: "button", class: "bare", "aria-label": t("case.enlarge"), onclick: () => enlarge(url, alt) },
      h("img", { src: url, alt })));
  }, (error) => {
    if (box.dataset.id === row.id) put(box, h("p", { class: "empty" }, t("case.bad_picture", { why: error.message })));
  });
}

function switcher() {
  const button = (on, key) => h("button", { type: "button", "aria-pressed": String(desk.annotated === on),
    onclick: () => { desk.annotated = on; changed(); } }, t(key));
  return h("div", { class: "switch", role: "group" }, button(true, "case.annotated"), button(false, "case.plain"));
}

function caption(m) {
  const camera = desk.cameras.find((c) => c.id === m.camera)?.name ?? m.camera;
  const row = shownRow(m);
  const kept = [row, m.roles.original].filter((r, i, all) => r && all.indexOf(r) === i);
  return h("div", { class: "caption" },
    h("div", {}, h("b", {}, word("moment", m.moment)), ` · ${camera} · `,
      h("time", { datetime: m.at }, full(m.at)), h("span", { class: "muted" }, ` · ${word("timesource", m.time)}`)),
    h("div", { class: "downloads" }, kept.map((r) => h("button", { type: "button", class: "link", title: `${t("case.hash")} ${r.sha256}`,
      onclick: () => save(r) }, `${t(r.role === "original" ? "case.original" : "case.download")} .${r.file_name.split(".").pop()}`)),
      h("code", { title: row.sha256 }, row.sha256.slice(0, 10))));
}

/** The part; `update` takes the case with its evidence. */
export function pictures() {
  const stage = h("div", { class: "stage" });
  const tools = h("div", { class: "stage-tools" });
  const under = h("div", {});
  const strip = h("div", { class: "strip" });
  const element = h("div", {}, tools, stage, under, strip);
  let all = [];
  let chosen = null;
  let last = "";

  function draw() {
    const m = all.find((x) => x.key === chosen) ?? all.find((x) => x.moment === "last") ?? all.at(-1);
    if (!m) return put(stage, h("p", { class: "empty" }, t("case.no_pictures")));
    const row = shownRow(m);
    put(tools, all.some((x) => x.roles.annotated) && switcher());
    if (stage.dataset.id !== row.id) {
      stage.dataset.id = row.id;
      load(stage, row, `${word("moment", m.moment)} ${full(m.at)}`);
    }
    put(under, caption(m));
    put(strip, all.length > 1 && all.map((x) => momentButton(x, x === m)));
    strip.scrollLeft = (strip.querySelector('[aria-pressed="true"]')?.offsetLeft ?? 0) - strip.offsetLeft - 40;
  }

  function momentButton(m, current) {
    const image = h("img", { alt: "" });
    picture(shownRow(m).id).then((url) => { image.src = url; }, () => {});
    return h("button", { type: "button", class: "moment", "aria-pressed": String(current),
      onclick: () => { chosen = m.key; last = ""; changed(); } },
      image, h("span", {}, h("b", {}, word("moment", m.moment)), h("time", { datetime: m.at }, brief(m.at))));
  }

  return {
    element,
    flip: () => { desk.annotated = !desk.annotated; changed(); },
    update(c) {
      const now = JSON.stringify([c.evidence, desk.annotated, chosen, desk.cameras.map((x) => x.name)]);
      if (now === last) return;
      last = now;
      all = moments(c.evidence);
      const focused = [...element.querySelectorAll("button")].indexOf(document.activeElement);
      draw();
      if (focused >= 0) element.querySelectorAll("button")[focused]?.focus();
    },
  };
}
