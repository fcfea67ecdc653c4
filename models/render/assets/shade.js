// What keeps sun and rain off a stall: umbrellas, tied tarpaulins, awnings, boards, thatch.
import * as THREE from 'three';
import { group, box, cyl, rod, lump, solid, at } from '../scene/prims.js';
import { sheet, plank } from './parts.js';
import { clothMaterial } from './prints.js';
import { variant } from './variants.js';

function posts(rng, w, d, h, r = 0.022) {
  const g = group(), c = rng.chance(0.5) ? rng.hsl(24, 40, 0.2, 0.45, 0.25, 0.5) : rng.hsl(0, 360, 0, 0.2, 0.3, 0.7), tops = [];
  for (const [x, z] of [[-1, 1], [1, 1], [1, -1], [-1, -1]]) {
    const top = [x * w * 0.5 + rng.range(-0.08, 0.08), h * (z > 0 ? rng.range(0.9, 1) : rng.range(0.98, 1.08)), z * d * 0.5 + rng.range(-0.06, 0.06)];
    g.add(rod([x * w * 0.46, 0, z * d * 0.46], top, r * rng.range(0.8, 1.3), c));
    tops.push(top);
  }
  return [g, tops];
}

const wide = ([x, y, z], k, dy = 0) => [x * k, y + dy, z * k];

export function umbrella(rng, { r = rng.range(0.9, 1.7), h = rng.range(1.9, 2.5), segments = rng.pick([6, 8, 8, 8, 10]) } = {}) {
  const g = group(cyl(0.02, 0.024, h + 0.2, rng.pick([0x8a8a88, 0x6a4a2a, 0x2a2a2a]), 0, 0, 0, 6)), rise = r * rng.range(0.22, 0.5), flap = rng.chance(0.5) ? rng.range(0.06, 0.2) : 0.02;
  const scheme = rng.int(0, 3), a = rng.hsl(0, 360, 0.3, 1, 0.3, 0.7), b = rng.chance(0.5) ? 0xf0ece0 : rng.hsl(0, 360, 0.4, 1, 0.35, 0.7), print = scheme === 3 ? clothMaterial(rng) : null;
  for (let i = 0; i < segments; i++) {
    const color = scheme === 0 ? a : scheme === 1 ? (i % 2 ? a : b) : rng.hsl(0, 360, 0.5, 1, 0.4, 0.65), n = 4, pos = [], uv = [];
    const p = (s, t) => { const ang = ((i + s) / segments) * 2 * Math.PI, k = Math.cos(Math.PI / segments) / Math.cos((s - 0.5) * 2 * Math.PI / segments); return [Math.cos(ang) * r * t * k, h + rise * (1 - t ** 1.7) - (t === 1 ? 0 : 0), Math.sin(ang) * r * t * k]; };
    for (let j = 0; j < n; j++) {
      const q = [p(0, j / n), p(1, j / n), p(1, (j + 1) / n), p(0, (j + 1) / n)];
      for (const k of [0, 1, 2, 0, 2, 3]) { pos.push(...q[k]); uv.push(q[k][0] * 0.7, q[k][2] * 0.7); }
    }
    const e0 = p(0, 1), e1 = p(1, 1), f0 = [e0[0], e0[1] - flap, e0[2]], f1 = [e1[0], e1[1] - flap, e1[2]];
    for (const q of [e0, e1, f1, e0, f1, f0]) { pos.push(...q); uv.push(q[0], q[1]); }
    const geo = new THREE.BufferGeometry();
    geo.setAttribute('position', new THREE.Float32BufferAttribute(pos, 3));
    geo.setAttribute('uv', new THREE.Float32BufferAttribute(uv, 2));
    geo.computeVertexNormals();
    g.add(print ? new THREE.Mesh(geo, print) : solid(geo, color, true));
  }
  g.rotation.set(rng.range(-0.12, 0.12), rng.range(0, 2), rng.range(-0.12, 0.12));
  return g;
}

const MAKE = {
  none: [2.2, () => group()],
  umbrella: [3, (rng, w, d) => { const u = umbrella(rng, { r: rng.range(0.45, 0.8) * Math.max(w, 1.2) }); u.position.set(rng.range(-0.3, 0.3) * w, 0, rng.range(-0.4, 0.2) * d); return u; }],
  twoUmbrellas: [0.8, (rng, w, d) => group(at(umbrella(rng), -w * 0.35, 0, -d * 0.2), at(umbrella(rng), w * 0.4, rng.range(-0.2, 0.1), 0))],
  tarp: [3, (rng, w, d, h) => { const [g, t] = posts(rng, w * 1.1, d * 1.25, h), m = clothMaterial(rng); g.add(sheet(rng, t.map((p) => wide(p, rng.range(1, 1.18))), rng.range(0.05, 0.35), m)); if (rng.chance(0.4)) { const [a, b] = [t[0], t[1]]; g.add(sheet(rng, [a, b, wide(b, 1.1, -rng.range(0.2, 0.6)), wide(a, 1.1, -rng.range(0.2, 0.6))], 0, m, 4)); } return g; }],
  board: [1.5, (rng, w, d, h) => { const [g] = posts(rng, w, d, h, 0.028), c = rng.hsl(0, 360, 0.1, 0.9, 0.3, 0.65), roof = box(w * 1.15, 0.05, d * 1.2, c, 0, h, 0); g.add(roof, box(w * 1.15, rng.range(0.12, 0.3), 0.03, rng.chance(0.6) ? rng.hsl(0, 360, 0.4, 1, 0.3, 0.6) : c, 0, h - 0.14, d * 0.6)); return g; }],
  gable: [1.2, (rng, w, d, h) => { const [g] = posts(rng, w, d, h), m = clothMaterial(rng), X = w * 0.58, Z = d * 0.62, top = h + rng.range(0.2, 0.5); g.add(sheet(rng, [[-X, h, Z], [X, h, Z], [X, top, 0], [-X, top, 0]], 0.02, m), sheet(rng, [[-X, h, -Z], [X, h, -Z], [X, top, 0], [-X, top, 0]], 0.02, m)); return g; }],
  slope: [1.6, (rng, w, d, h) => { const [g] = posts(rng, w, d, h), m = clothMaterial(rng), X = w * 0.6, Z = d * 0.6; g.add(sheet(rng, [[-X, h * 0.92, Z * 1.35], [X, h * 0.92, Z * 1.35], [X, h * 1.1, -Z], [-X, h * 1.1, -Z]], rng.range(0, 0.1), m)); for (let x = -X; x < X; x += 0.25) g.add(sheet(rng, [[x, h * 0.92, Z * 1.35], [x + 0.25, h * 0.92, Z * 1.35], [x + 0.22, h * 0.92 - 0.2, Z * 1.36], [x + 0.03, h * 0.92 - 0.2, Z * 1.36]], 0, m, 1)); return g; }],
  thatch: [0.6, (rng, w, d, h) => { const [g] = posts(rng, w, d, h, 0.035); for (let i = 0; i < 26; i++) g.add(lump(rng, 0.3, 0.09, 0.22, rng.hsl(32, 50, 0.2, 0.5, 0.3, 0.55), rng.range(-0.55, 0.55) * w, h + rng.range(0, 0.15), rng.range(-0.6, 0.6) * d, 1, 0.4)); return g; }],
  umbrellaAndTarp: [0.9, (rng, w, d, h) => { const [g, t] = posts(rng, w * 1.1, d * 1.2, h); g.add(sheet(rng, t, rng.range(0.1, 0.3), clothMaterial(rng)), at(umbrella(rng, { h: h * 0.9 }), w * rng.range(-0.6, 0.6), 0, d * 0.3)); return g; }],
};

export function canopy(rng, w, d, h = rng.range(1.7, 2.3)) {
  const [kind, make] = variant(rng, 'canopy', MAKE);
  return [kind, make(rng, w, d, h)];
}
export const canopyKinds = Object.keys(MAKE);
