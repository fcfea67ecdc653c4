// A map without tiles: unit grids, cameras and cases drawn to scale in metres around the place shown.
// It works offline and tells nobody outside which place is looked at.

import { desk, select, classLabel } from "./desk.js";
import { h, put, s } from "./dom.js";
import { lang, t } from "./text.js";

const METRES_PER_DEGREE = 111_320;
const WIDTH = 640;
const HEIGHT = 400;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

/** East and north of `origin` in metres; north is up, so y is turned round. */
function metres(origin, lon, lat) {
  const scale = METRES_PER_DEGREE * Math.cos((origin.lat * Math.PI) / 180);
  return [(lon - origin.lon) * scale, -(lat - origin.lat) * METRES_PER_DEGREE];
}

function rings(geometry) {
  if (geometry?.type === "Polygon") return geometry.coordinates;
  if (geometry?.type === "MultiPolygon") return geometry.coordinates.flat();
  return [];
}

const grids = () => (desk.site?.grids?.features ?? []).map((f) => ({
  id: f.properties?.id ?? f.properties?.grid ?? f.properties?.code ?? "", rings: rings(f.geometry) }));

function fit(points, least) {
  const xs = points.map((p) => p[0]);
  const ys = points.map((p) => p[1]);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const width = Math.max((x1 - x0) * 1.15, ((y1 - y0) * 1.15 * WIDTH) / HEIGHT, least);
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, width };
}

/** A grid and, where it is in sight, its name: kept inside the view, so that a near view still says it. */
function gridShape(grid, origin, view, unit) {
  const d = grid.rings.map((ring) => `M${ring.map(([lon, lat]) => metres(origin, lon, lat).map((v) => v.toFixed(2)).join(" ")).join("L")}Z`).join("");
  const corners = grid.rings[0]?.map(([lon, lat]) => metres(origin, lon, lat)) ?? [];
  const side = (axis, half) => {
    const values = corners.map((p) => p[axis]);
    return [Math.max(Math.min(...values), (axis ? view.y : view.x) - half), Math.min(Math.max(...values), (axis ? view.y : view.x) + half)];
  };
  const [[left, right], [top, bottom]] = [side(0, view.width / 2), side(1, (view.width * HEIGHT) / WIDTH / 2)];
  const room = corners.length > 0 && right - left > 130 * unit && bottom - top > 24 * unit;
  return s("g", {}, s("path", { d, class: "grid" }),
    room && s("text", { x: left + 8 * unit, y: top + 18 * unit, "font-size": 11.5 * unit }, grid.id));
}

function cameraShape(c, origin, unit, named) {
  const [x, y] = metres(origin, c.lon, c.lat);
  const r = 7 * unit;
  return s("g", { class: `map-camera ${c.state}` }, s("title", {}, c.name || c.id),
    s("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, rx: 2 * unit }),
    s("circle", { cx: x, cy: y, r: 3 * unit, class: "lens" }),
    named && s("text", { x: x + 11 * unit, y: y + 4 * unit, "font-size": 11.5 * unit }, c.name || c.id));
}

function caseShape(c, origin, unit, chosen) {
  const [x, y] = metres(origin, c.place.lon, c.place.lat);
  const go = () => select(c.id);
  return s("g", { class: `map-case ${c.status}${chosen ? " chosen" : ""}`, tabindex: chosen ? null : 0, role: chosen ? null : "link",
    onclick: go, onkeydown: (e) => e.key === "Enter" && go() },
    s("title", {}, `${classLabel(c.class, lang())} ${c.id}`),
    chosen && s("circle", { cx: x, cy: y, r: Math.max(c.error_m, 0.1), class: "error" }),
    s("circle", { cx: x, cy: y, r: (chosen ? 8 : 5.5) * unit, class: "pin" }));
}

function scaleBar(view, unit) {
  const length = STEPS.findLast((m) => m / unit < 150) ?? STEPS[0];
  const [x, y] = [view.x - view.width / 2 + 14 * unit, view.y + (view.width * HEIGHT) / WIDTH / 2 - 14 * unit];
  return s("g", { class: "scale" }, s("path", { d: `M${x} ${y - 5 * unit}V${y}H${x + length}V${y - 5 * unit}`, "stroke-width": 1.5 * unit }),
    s("text", { x: x + 4 * unit, y: y - 6 * unit, "font-size": 11 * unit }, length >= 1000 ? `${length / 1000} km` : `${length} m`));
}

/** The map; `update(case)` centres on a case, `update(null)` shows everything. */
export function map() {
  const svg = s("svg", { class: "map", role: "group", "aria-label": t("map.label") });
  const button = (text, key, onclick) => h("button", { type: "button", class: "quiet", "aria-label": t(key), title: t(key), onclick }, text);
  const near = button("◎", "map.case", () => aim(true));
  const none = h("p", { class: "empty", hidden: true }, t("map.none"));
  const legend = h("p", { class: "legend" }, ["case", "camera", "grid", "error"].map((k) =>
    h("span", {}, h("i", { class: `key for-${k}` }), t(`map.legend.${k}`))));
  const element = h("div", { class: "map-box" }, svg, none,
    h("div", { class: "map-tools" }, button("+", "map.in", () => zoom(0.6)), button("−", "map.out", () => zoom(1.6)),
      near, button("⤢", "map.all", () => aim(false))), legend);
  let current = null;
  let view = null;
  let origin = null;
  let last = "";

  const everything = () => {
    const places = [...desk.cases.map((c) => c.place), ...desk.cameras.filter((c) => c.lon !== null), ...(current ? [current.place] : [])];
    const corners = grids().flatMap((g) => g.rings.flat()).map(([lon, lat]) => ({ lon, lat }));
    return [...places, ...corners];
  };

  function aim(close) {
    const points = close && current ? [current.place] : everything();
    if (!points.length) return;
    view = fit(points.map((p) => metres(origin, p.lon, p.lat)), close && current ? Math.max(60, current.error_m * 8) : 40);
    draw();
  }

  function zoom(by, at = null) {
    if (!view) return;
    const width = Math.min(Math.max(view.width * by, 5), 200_000);
    if (at) {
      const k = 1 - width / view.width;
      view.x += (at[0] - view.x) * k;
      view.y += (at[1] - view.y) * k;
    }
    view.width = width;
    draw();
  }

  function draw() {
    const pixels = svg.clientWidth || WIDTH;
    const unit = view.width / pixels;
    const high = (view.width * HEIGHT) / WIDTH;
    const named = view.width < 160;
    svg.setAttribute("viewBox", `${view.x - view.width / 2} ${view.y - high / 2} ${view.width} ${high}`);
    const others = desk.cases.filter((c) => c.id !== current?.id);
    put(svg, grids().map((g) => gridShape(g, origin, view, unit)),
      desk.cameras.filter((c) => c.lon !== null).map((c) => cameraShape(c, origin, unit, named)),
      others.map((c) => caseShape(c, origin, unit, false)),
      current && caseShape(current, origin, unit, true), scaleBar(view, unit));
  }
  new ResizeObserver(() => view && draw()).observe(svg);

  function spot(event) {
    const box = svg.getBoundingClientRect();
    return [view.x + ((event.clientX - box.left) / box.width - 0.5) * view.width,
      view.y + ((event.clientY - box.top) / box.height - 0.5) * ((view.width * HEIGHT) / WIDTH)];
  }

  let held = null;
  svg.addEventListener("wheel", (e) => { if (view) { e.preventDefault(); zoom(e.deltaY > 0 ? 1.2 : 1 / 1.2, spot(e)); } }, { passive: false });
  svg.addEventListener("pointerdown", (e) => { if (view) held = spot(e); });
  addEventListener("pointerup", () => { held = null; });
  svg.addEventListener("pointermove", (e) => {
    if (!held || e.buttons === 0) return;
    const [x, y] = spot(e);
    view.x += held[0] - x;
    view.y += held[1] - y;
    draw();
  });

  return {
    element,
    update(c) {
      const now = JSON.stringify([c?.id, c?.place, c?.error_m, c?.status, desk.cases.map((x) => [x.id, x.status]), desk.cameras.map((x) => [x.id, x.state]), Boolean(desk.site)]);
      if (now === last) return;
      last = now;
      const other = c?.id !== current?.id || !view;
      current = c;
      near.hidden = !c;
      const points = everything();
      none.hidden = points.length > 0;
      svg.toggleAttribute("hidden", !points.length);
      if (!points.length) return;
      origin ??= { lon: points[0].lon, lat: points[0].lat };
      if (other) aim(Boolean(c));
      else draw();
    },
  };
}
