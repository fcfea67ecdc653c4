// Printed cloth, price cards, painted panels and tarpaulins: textures of the stalls.
import * as THREE from 'three';
import { texture, fitText, speckle } from '../scene/canvas.js';
import { panel } from '../scene/prims.js';
import { css, hsl } from '../rng.js';
import { photoCrop } from './photos.js';
import { words } from './words.js';

export const fresh = (rng) => rng.int(0, 1e6);
const any = (r, s0 = 0.3, s1 = 0.95, l0 = 0.25, l1 = 0.7) => css(r.hsl(0, 360, s0, s1, l0, l1));

// Folds, fading, stains: what use does to cloth and plastic sheets.
function age(c, w, h, r, much = r.f()) {
  for (let i = 0; i < 6; i++) {
    const x = r.f() * w, g = c.createLinearGradient(x - 14, 0, x + 14, 0), a = r.range(0.05, 0.25);
    g.addColorStop(0, 'rgba(0,0,0,0)'); g.addColorStop(0.5, r.chance(0.6) ? `rgba(0,0,0,${a})` : `rgba(255,255,255,${a})`); g.addColorStop(1, 'rgba(0,0,0,0)');
    c.fillStyle = g; c.fillRect(0, 0, w, h);
  }
  speckle(c, w, h, r, Math.round(60 * much), w / 6, 0.09, ['#3a3020', '#000', '#fff']);
  speckle(c, w, h, r, 250, 3, 0.1, ['#222', '#fff']);
}

export const fabric = (v) => texture(`fabric${v}`, 128, 128, (c, w, h, r) => {
  const kind = r.weighted([[3, 'plain'], [2, 'stripe'], [2, 'check'], [1.5, 'flower'], [1.5, 'tarp'], [1, 'sack']]);
  c.fillStyle = kind === 'tarp' ? css(r.pick([0x1f5fb8, 0x2a6fd0, 0x1c8a5a, 0xd86a1a, 0xe0e0dc, 0x3a3a3c, 0xb8a070])) : kind === 'sack' ? css(r.hsl(30, 45, 0.1, 0.3, 0.5, 0.75)) : any(r);
  c.fillRect(0, 0, w, h);
  const n = r.pick([3, 4, 6, 8, 12]), ink = r.chance(0.5) ? '#f0ede2' : any(r);
  c.fillStyle = ink;
  if (kind === 'stripe') for (let i = 0; i < n; i++) c.fillRect((i * w) / n, 0, (w / n) * r.range(0.3, 0.6), h);
  if (kind === 'check') { c.globalAlpha = 0.55; for (let i = 0; i < n; i++) { c.fillRect((i * w) / n, 0, w / n / 2, h); c.fillRect(0, (i * h) / n, w, h / n / 2); } c.globalAlpha = 1; }
  if (kind === 'flower') for (let i = 0; i < 40; i++) { c.fillStyle = r.chance(0.5) ? ink : any(r); c.beginPath(); c.ellipse(r.f() * w, r.f() * h, r.range(2, 9), r.range(2, 7), r.f() * 3, 0, 7); c.fill(); }
  if (r.chance(0.2)) photoCrop(c, 0, 0, w, h, r, 0.6);
  age(c, w, h, r);
}, true);

// A painted or printed front: letters, a price, a picture of what is sold.
export const front = (v, aspect = 2.5) => texture(`front${v}/${aspect.toFixed(1)}`, 256, Math.max(48, Math.round(256 / aspect)), (c, w, h, r) => {
  c.fillStyle = any(r, 0.4, 1, 0.3, 0.6); c.fillRect(0, 0, w, h);
  if (r.chance(0.4)) { c.strokeStyle = r.pick(['#fff', '#ff0', '#111', any(r)]); c.lineWidth = r.range(3, 9); c.strokeRect(4, 4, w - 8, h - 8); }
  if (r.chance(0.5)) photoCrop(c, r.chance(0.5) ? 0 : w * 0.65, 0, w * 0.35, h, r, 1);
  const ink = r.pick(['#fff', '#ffe600', '#fff', '#111', '#d01010', any(r, 0.8, 1, 0.6, 0.8)]);
  fitText(c, words(r), w * 0.06, h * 0.1, w * 0.8, h * r.range(0.4, 0.55), ink, r);
  if (r.chance(0.7)) fitText(c, words(r), w * 0.1, h * 0.66, w * 0.7, h * 0.25, r.chance(0.5) ? ink : '#fff', r);
  age(c, w, h, r);
});

const card = (v) => texture(`card${v}`, 48, 32, (c, w, h, r) => {
  c.fillStyle = r.pick(['#f4f1e6', '#f4f1e6', '#d8b478', '#ffe14a', '#222']); c.fillRect(0, 0, w, h);
  fitText(c, String(r.int(5, 99)), 6, 4, w - 12, h - 8, r.pick(['#c01818', '#222', '#1a3a9a']), r);
});
export function priceCard(rng, x, y, z) {
  const m = panel(rng.range(0.14, 0.24), rng.range(0.1, 0.16), card(rng.int(0, 60)), x, y, z, { twoSided: true });
  m.rotation.set(-0.15, rng.range(-0.4, 0.4), 0);
  return m;
}

export function clothMaterial(rng, { clear = false } = {}) {
  const m = new THREE.MeshLambertMaterial({ map: fabric(fresh(rng)), side: THREE.DoubleSide });
  if (clear) { m.transparent = true; m.opacity = 0.55; }
  return m;
}
export const dull = (h, s, l) => css(hsl(h, s, l));
