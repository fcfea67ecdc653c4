// Ad art: photo-like scenes, portraits, products, big type, grids; several layouts, aged.
import { texture, fitText, speckle } from '../scene/canvas.js';
import { css, hsl } from '../rng.js';
import { photoCrop } from './photos.js';
import { words, brand } from './words.js';
import { variant } from './variants.js';

const any = (r, s0 = 0.3, s1 = 0.95, l0 = 0.25, l1 = 0.75) => css(r.hsl(0, 360, s0, s1, l0, l1));

function gradient(c, x, y, w, h, r, hue = r.range(0, 360)) {
  const g = c.createLinearGradient(x, y, r.chance(0.5) ? x + w : x, y + h), l = r.range(0.15, 0.85), s = r.range(0.05, 0.95);
  for (let i = 0; i < 3; i++) g.addColorStop(i / 2, css(hsl(hue + r.range(-50, 50), s, Math.max(0.03, Math.min(0.97, l + r.range(-0.3, 0.3))))));
  c.fillStyle = g; c.fillRect(x, y, w, h);
}

function blobs(c, x, y, w, h, r, n, soft) {
  c.save(); c.beginPath(); c.rect(x, y, w, h); c.clip();
  c.filter = soft ? `blur(${soft}px)` : 'none';
  for (let i = 0; i < n; i++) {
    c.globalAlpha = r.range(0.2, 0.9); c.fillStyle = r.chance(0.3) ? css(r.hsl(10, 45, 0.1, 0.6, 0.2, 0.8)) : any(r, 0.05, 0.9, 0.1, 0.9);
    c.beginPath(); c.ellipse(x + r.f() * w, y + r.f() * h, r.range(0.03, 0.3) * w, r.range(0.03, 0.3) * h, r.f() * 3, 0, 7); c.fill();
  }
  c.restore(); c.globalAlpha = 1; c.filter = 'none';
}

function portrait(c, x, y, w, h, r) {
  const k = Math.min(w, h) * r.range(0.3, 0.55), px = x + w * r.range(0.3, 0.7), py = y + h * r.range(0.35, 0.5);
  const skin = r.hsl(12, 32, 0.25, 0.55, 0.3, 0.8), hair = css(r.hsl(10, 45, 0.1, 0.6, 0.05, 0.45));
  c.filter = `blur(${(k * 0.02).toFixed(1)}px)`;
  c.fillStyle = hair; c.beginPath(); c.ellipse(px, py - k * 0.08, k * 0.5, k * r.range(0.55, 0.9), 0, 0, 7); c.fill();
  c.fillStyle = any(r); c.beginPath(); c.ellipse(px, py + k * 1.35, k * 1.0, k * 0.85, 0, 0, 7); c.fill();
  const g = c.createRadialGradient(px - k * 0.12, py - k * 0.1, k * 0.1, px, py, k * 0.6);
  g.addColorStop(0, css(skin)); g.addColorStop(1, css((skin >> 1) & 0x7f7f7f));
  c.fillStyle = g; c.fillRect(px - k * 0.14, py + k * 0.35, k * 0.28, k * 0.4); c.beginPath(); c.ellipse(px, py, k * 0.37, k * 0.5, 0, 0, 7); c.fill();
  c.fillStyle = hair; c.beginPath(); c.ellipse(px, py - k * 0.4, k * 0.4, k * 0.2, 0, 0, 7); c.fill();
  c.fillStyle = '#241c1a'; for (const s of [-1, 1]) { c.beginPath(); c.ellipse(px + s * k * 0.14, py - k * 0.06, k * 0.06, k * 0.03, 0, 0, 7); c.fill(); }
  c.fillStyle = r.pick(['#a03038', '#c04048', '#8a4a40']); c.beginPath(); c.ellipse(px, py + k * 0.25, k * 0.12, k * 0.04, 0, 0, 7); c.fill();
  c.filter = 'none';
}

function product(c, x, y, w, h, r) {
  const k = Math.min(w, h) * r.range(0.25, 0.42), px = x + w * r.range(0.3, 0.7), py = y + h * r.range(0.4, 0.6), a = any(r), b = any(r, 0.1, 0.8, 0.6, 0.95), kind = r.int(0, 5);
  const g = c.createLinearGradient(px - k, 0, px + k, 0); g.addColorStop(0, a); g.addColorStop(0.35, b); g.addColorStop(1, a); c.fillStyle = g;
  if (kind === 0) { c.fillRect(px - k * 0.3, py - k * 0.5, k * 0.6, k * 1.5); c.fillRect(px - k * 0.12, py - k, k * 0.24, k * 0.6); c.fillStyle = '#fff'; c.fillRect(px - k * 0.3, py, k * 0.6, k * 0.45); }
  else if (kind === 1) { c.beginPath(); c.ellipse(px, py + k * 0.3, k * 1.3, k * 0.6, 0, 0, 7); c.fillStyle = '#f4f0e8'; c.fill(); blobs(c, px - k, py - k * 0.1, 2 * k, k * 0.7, r, 26, 1); }
  else if (kind === 2) { c.beginPath(); c.moveTo(px - k * 1.4, py + k * 0.3); c.bezierCurveTo(px - k * 1.2, py - k * 0.3, px - k * 0.6, py - k * 0.6, px, py - k * 0.5); c.bezierCurveTo(px + k * 0.8, py - k * 0.4, px + k * 1.3, py, px + k * 1.4, py + k * 0.3); c.fill(); c.fillStyle = '#15181c'; for (const s of [-1, 1]) { c.beginPath(); c.arc(px + s * k * 0.8, py + k * 0.35, k * 0.26, 0, 7); c.fill(); } c.fillRect(px - k * 0.5, py - k * 0.35, k * 0.9, k * 0.25); }
  else if (kind === 3) { c.fillStyle = '#111'; c.fillRect(px - k * 0.45, py - k * 0.9, k * 0.9, k * 1.8); if (!photoCrop(c, px - k * 0.4, py - k * 0.8, k * 0.8, k * 1.6, r)) gradient(c, px - k * 0.4, py - k * 0.8, k * 0.8, k * 1.6, r); }
  else if (kind === 4) { c.beginPath(); c.arc(px, py, k * 0.8, 0, 7); c.fill(); c.fillStyle = '#fff'; c.beginPath(); c.arc(px, py, k * 0.62, 0, 7); c.fill(); c.strokeStyle = '#222'; c.lineWidth = k * 0.06; c.beginPath(); c.moveTo(px, py - k * 0.45); c.lineTo(px, py); c.lineTo(px + k * 0.3, py + k * 0.15); c.stroke(); }
  else { c.beginPath(); c.moveTo(px - k, py + k * 0.4); c.quadraticCurveTo(px, py - k * 0.2, px + k * 0.2, py - k * 0.5); c.lineTo(px + k * 1.1, py + k * 0.1); c.lineTo(px + k * 1.1, py + k * 0.45); c.closePath(); c.fill(); }
}

function scene(c, x, y, w, h, r) { // a photograph, or something painted like one
  if (r.chance(0.7) && photoCrop(c, x, y, w, h, r)) return;
  gradient(c, x, y, w, h, r);
  const kind = r.int(0, 3);
  if (kind === 0) for (let i = 0; i < 3; i++) { c.fillStyle = css(r.hsl(60, 240, 0.05, 0.5, 0.15 + 0.15 * i, 0.6)); c.beginPath(); c.moveTo(x, y + h); for (let t = 0; t <= 1; t += 0.1) c.lineTo(x + t * w, y + h * (0.45 + 0.13 * i + r.range(-0.1, 0.1))); c.lineTo(x + w, y + h); c.fill(); }
  else if (kind === 1) for (let t = x; t < x + w;) { const b = r.range(0.02, 0.09) * w; c.fillStyle = css(hsl(r.range(180, 260), 0.15, r.range(0.15, 0.6))); c.fillRect(t, y + h * r.range(0.35, 0.85), b, h); t += b; }
  else blobs(c, x, y, w, h, r, r.int(12, 50), r.pick([0, 2, 6]));
  if (r.chance(0.5)) portrait(c, x, y, w, h, r); else if (r.chance(0.6)) product(c, x, y, w, h, r);
  const v = c.createRadialGradient(x + w / 2, y + h / 2, Math.min(w, h) * 0.2, x + w / 2, y + h / 2, Math.max(w, h) * 0.7);
  v.addColorStop(0, 'rgba(255,240,200,.12)'); v.addColorStop(1, 'rgba(0,0,0,.4)'); c.fillStyle = v; c.fillRect(x, y, w, h);
}

const ink = (r) => r.pick(['#fff', '#fff', '#fff', '#111', '#ffe83d', '#e01818', '#1238a8', any(r, 0.8, 1, 0.35, 0.65)]);
function logo(c, x, y, k, r) {
  c.fillStyle = ink(r); c.beginPath();
  if (r.chance(0.4)) c.arc(x + k / 2, y + k / 2, k / 2, 0, 7); else if (r.chance(0.5)) c.rect(x, y, k * 1.6, k); else { c.moveTo(x, y + k); c.lineTo(x + k / 2, y); c.lineTo(x + k, y + k); }
  c.fill(); fitText(c, brand(r), x, y + k * 0.25, k * 1.5, k * 0.5, ink(r), r);
}

const LAYOUTS = {
  photo: [4, (c, w, h, r) => { scene(c, 0, 0, w, h, r); if (r.chance(0.8)) fitText(c, words(r), w * 0.06, h * r.range(0.06, 0.7), w * r.range(0.5, 0.88), h * r.range(0.1, 0.25), ink(r), r); }],
  band: [3, (c, w, h, r) => { scene(c, 0, 0, w, h, r); const b = h * r.range(0.15, 0.4), y = r.chance(0.6) ? h - b : 0; gradient(c, 0, y, w, b, r); fitText(c, words(r), w * 0.05, y + b * 0.15, w * 0.7, b * 0.6, ink(r), r); logo(c, w * 0.8, y + b * 0.2, b * 0.5, r); }],
  split: [2, (c, w, h, r) => { const up = h > w, k = r.range(0.35, 0.65); gradient(c, 0, 0, w, h, r); if (up) scene(c, 0, 0, w, h * k, r); else scene(c, 0, 0, w * k, h, r); const [x, y, a, b] = up ? [0, h * k, w, h * (1 - k)] : [w * k, 0, w * (1 - k), h]; for (let i = 0; i < 3; i++) fitText(c, words(r), x + a * 0.08, y + b * (0.1 + i * 0.3), a * 0.84, b * r.range(0.12, 0.24), ink(r), r); }],
  hero: [3, (c, w, h, r) => { gradient(c, 0, 0, w, h, r); if (r.chance(0.4)) blobs(c, 0, 0, w, h, r, 10, 8); if (r.chance(0.5)) portrait(c, 0, 0, w, h, r); else product(c, 0, h * 0.15, w, h * 0.8, r); fitText(c, words(r), w * 0.08, h * 0.05, w * 0.84, h * r.range(0.1, 0.22), ink(r), r); if (r.chance(0.7)) fitText(c, words(r), w * 0.1, h * 0.86, w * 0.8, h * 0.09, ink(r), r); }],
  type: [2.5, (c, w, h, r) => { if (r.chance(0.6)) { c.fillStyle = any(r, 0.5, 1, 0.1, 0.95); c.fillRect(0, 0, w, h); } else gradient(c, 0, 0, w, h, r); const n = r.int(1, h > w ? 5 : 3), col = ink(r); for (let i = 0; i < n; i++) fitText(c, words(r), w * 0.06, h * (0.08 + (i * 0.86) / n), w * 0.88, (h * 0.72) / n, r.chance(0.7) ? col : ink(r), r); }],
  grid: [1.2, (c, w, h, r) => { gradient(c, 0, 0, w, h, r); const nx = r.int(2, 4), ny = h > w ? r.int(3, 5) : 2; for (let i = 0; i < nx; i++) for (let j = 0; j < ny; j++) { const x = (i + 0.06) * w / nx, y = h * 0.2 + (j + 0.06) * h * 0.78 / ny, a = w / nx * 0.88, b = h * 0.78 / ny * 0.88; c.fillStyle = r.chance(0.6) ? '#fff' : any(r); c.fillRect(x, y, a, b); product(c, x, y, a, b, r); } fitText(c, words(r), w * 0.05, h * 0.03, w * 0.9, h * 0.15, ink(r), r); }],
  list: [1.5, (c, w, h, r) => { // names and prices, line under line
    gradient(c, 0, 0, w, h, r);
    fitText(c, words(r), w * 0.06, h * 0.03, w * 0.88, h * 0.14, ink(r), r);
    const n = r.int(3, h > w ? 8 : 5), col = ink(r), dots = r.chance(0.5);
    for (let i = 0; i < n; i++) { const y = h * (0.22 + (i * 0.76) / n), k = (h * 0.5) / n; if (dots) { c.fillStyle = any(r); c.fillRect(w * 0.06, y, k, k); } fitText(c, words(r), w * (dots ? 0.2 : 0.08), y, w * 0.5, k, col, r); fitText(c, String(r.int(1, 999)), w * 0.76, y, w * 0.18, k, ink(r), r); }
  }],
  face: [1.5, (c, w, h, r) => { // one head that fills the height
    gradient(c, 0, 0, w, h, r);
    const k = Math.min(w, h), left = r.chance(0.5) || h > w;
    portrait(c, left ? 0 : w - k * 1.1, -h * 0.15, Math.min(w, k * 1.6), h * 1.3, r);
    if (h > w) fitText(c, words(r), w * 0.08, h * 0.82, w * 0.84, h * 0.12, ink(r), r);
    else for (let i = 0; i < r.int(1, 3); i++) fitText(c, words(r), w * (left ? 0.55 : 0.05), h * (0.15 + i * 0.27), w * 0.4, h * 0.2, ink(r), r);
  }],
  stripes: [1, (c, w, h, r) => { // slanting bands behind a product and a price
    const n = r.int(3, 9), two = [any(r), any(r)], slant = r.range(-0.5, 0.5) * h;
    for (let i = -2; i < n + 2; i++) { c.fillStyle = two[i & 1]; c.beginPath(); c.moveTo((i * w) / n, 0); c.lineTo(((i + 1) * w) / n, 0); c.lineTo(((i + 1) * w) / n + slant, h); c.lineTo((i * w) / n + slant, h); c.fill(); }
    product(c, 0, 0, w * 0.6, h, r);
    c.fillStyle = any(r, 0.8, 1, 0.4, 0.6); c.beginPath(); c.arc(w * 0.76, h * 0.35, Math.min(w, h) * 0.24, 0, 7); c.fill();
    fitText(c, `${r.int(1, 99)}%`, w * 0.6, h * 0.25, w * 0.32, h * 0.2, ink(r), r);
    fitText(c, words(r), w * 0.45, h * 0.75, w * 0.5, h * 0.16, ink(r), r);
  }],
  collage: [1, (c, w, h, r) => { // photographs edge to edge
    const wide = w > h, n = r.int(2, 4);
    for (let i = 0, t = 0; i < n; i++) { const e = i === n - 1 ? 1 - t : (1 / n) * r.range(0.7, 1.3); if (wide) scene(c, t * w, 0, e * w, h, r); else scene(c, 0, t * h, w, e * h, r); t += e; }
    if (r.chance(0.7)) { const y = h * r.range(0.1, 0.75); gradient(c, 0, y, w, h * 0.18, r); fitText(c, words(r), w * 0.05, y + h * 0.03, w * 0.9, h * 0.12, ink(r), r); }
  }],
  blank: [0.5, (c, w, h, r) => { c.fillStyle = css(r.hsl(0, 360, 0, 0.08, 0.55, 0.95)); c.fillRect(0, 0, w, h); gradientSheen(c, w, h, r); }],
};
function gradientSheen(c, w, h, r) { const g = c.createLinearGradient(0, 0, w, h); g.addColorStop(0, 'rgba(255,255,255,.3)'); g.addColorStop(1, 'rgba(0,0,0,.25)'); c.fillStyle = g; c.fillRect(0, 0, w, h); }

function wear(c, w, h, r) {
  if (r.chance(0.25)) { c.globalAlpha = r.range(0.08, 0.4); c.fillStyle = '#dcd8cc'; c.fillRect(0, 0, w, h); c.globalAlpha = 1; } // bleached
  if (r.chance(0.4)) speckle(c, w, h, r, 40, w / 7, 0.07, ['#30281c', '#000']);
  if (r.chance(0.3)) { const n = r.int(2, 7); c.fillStyle = 'rgba(0,0,0,.16)'; for (let i = 1; i < n; i++) c.fillRect((i * w) / n, 0, 1.5, h); } // sheet seams
  if (r.chance(0.06)) { c.fillStyle = '#c8c2b4'; c.beginPath(); c.moveTo(w * r.f(), 0); c.lineTo(w, 0); c.lineTo(w, h * r.range(0.2, 0.7)); c.fill(); } // torn
  if (r.chance(0.3)) gradientSheen(c, w, h, r);
}

export const ad = (v, aspect = 2, lit = false) => {
  const w0 = Math.round(Math.min(448, 300 * Math.max(0.62, Math.sqrt(aspect))));
  return texture(`ad${v}/${aspect.toFixed(2)}${lit}`, w0, Math.max(40, Math.round(w0 / aspect)), (c, w, h, r) => {
    variant(r, 'art', LAYOUTS)[1](c, w, h, r);
    if (!lit) wear(c, w, h, r);
  });
};

// A wall of screens: several pictures side by side, as big LED walls show.
export const screens = (v, aspect = 2) => texture(`screens${v}/${aspect.toFixed(2)}`, 448, Math.max(60, Math.round(448 / aspect)), (c, w, h, r) => {
  const cols = r.int(1, 4), rows = r.int(1, 2);
  for (let j = 0, y = 0; j < rows; j++) {
    const b = j === rows - 1 ? h - y : h * r.range(0.4, 0.6);
    for (let i = 0, x = 0; i < cols && x < w; i++) {
      const a = i === cols - 1 ? w - x : (w / cols) * r.range(0.6, 1.4);
      c.save(); c.translate(x, y); c.beginPath(); c.rect(0, 0, a, b); c.clip();
      variant(r, 'art', LAYOUTS)[1](c, a, b, r);
      c.restore(); x += a;
    }
    y += b;
  }
});
