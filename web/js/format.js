// Numbers and times as a person reads them: in the site's time zone, always with seconds.

import { lang, t } from "./text.js";

const cached = new Map();
let zone; // the browser's until the site is known

/** Chooses the time zone that times are shown and typed in: an IANA name. */
export function setZone(name) {
  if (name === zone) return;
  zone = name;
  cached.clear();
}

function formatter(options) {
  const key = lang() + JSON.stringify(options);
  if (!cached.has(key)) cached.set(key, new Intl.DateTimeFormat(lang(), { hourCycle: "h23", timeZone: zone, ...options }));
  return cached.get(key);
}

const two = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };

/** Date and time with the year and the zone. */
export const full = (iso) =>
  iso ? formatter({ year: "numeric", ...two, timeZoneName: "short" }).format(new Date(iso)) : "–";

/** Month, day and time. */
export const brief = (iso) => (iso ? formatter(two).format(new Date(iso)) : "–");

/** Time of day. */
export const clock = (iso) =>
  iso ? formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(iso)) : "–";

/** A span of milliseconds in its two largest units. */
export function span(ms) {
  const total = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(total / 86400), t("unit.d")],
    [Math.floor(total / 3600) % 24, t("unit.h")],
    [Math.floor(total / 60) % 60, t("unit.m")],
    [total % 60, t("unit.s")],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return `0 ${t("unit.s")}`;
  return parts.slice(first, first + 2).filter(([n], i) => i === 0 || n > 0)
    .map(([n, unit]) => `${n} ${unit}`).join(" ");
}

/** How long a case has stood: to its going, or to its last sighting. */
export const stood = (c) => span(new Date(c.gone_at ?? c.last_seen) - new Date(c.first_seen));

/** How long ago. */
export const ago = (iso) => (iso ? t("ago", { span: span(Date.now() - new Date(iso)) }) : t("never"));

/** A whole number with separators. */
export const count = (n) => new Intl.NumberFormat(lang()).format(n);

/** Degrees of WGS84 to about 10 cm. */
export const degrees = (place) => `${place.lon.toFixed(6)}, ${place.lat.toFixed(6)}`;

/** Metres. */
export const metres = (m) => `${m < 10 ? m.toFixed(1) : Math.round(m)} m`;

/** The instant, as ISO text, of a wall-clock time typed in the site's zone: "2026-05-01T08:30". */
export function instant(text) {
  if (!text) return "";
  const asUtc = Date.parse(`${text}Z`);
  const shown = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "medium", timeZone: zone });
  const offset = Date.parse(`${shown.format(asUtc).replace(" ", "T")}Z`) - asUtc;
  return new Date(asUtc - offset).toISOString();
}
