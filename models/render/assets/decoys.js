// Look-alikes that carry no class: passenger rickshaws, empty carts, closed parasols, site
// hoardings, barricades with words, guard posts under parasols, news racks, banners (ignored).
import * as THREE from 'three';
import { group, box, cyl, rod, panel, at, bake, taper, solid, lump, tiled } from '../scene/prims.js';
import { lookalike } from '../scene/lookalikes.js';
import { wheel, tricycleFrame } from '../scene/vehicles.js';
import { spoked, plank, sheet } from './parts.js';
import { clothMaterial, front, fresh } from './prints.js';
import { figure } from './figures.js';
import { ad } from './ads.js';
import { variant } from './variants.js';

function tuktuk(rng) {
  const c = rng.pick([0xd8b020, 0x2a6a3a, 0x1f3f8a, 0xd8a020, 0x8a1a1a]), top = rng.chance(0.6) ? rng.pick([0xe0c030, 0x1a1a1a, 0x2a6a3a]) : c, g = group();
  g.add(taper(2.3, 1.25, 2.1, 1.2, 0.5, c, -0.1, 0.28, 0), taper(0.6, 0.9, 0.3, 0.8, 0.45, c, 1.05, 0.6, 0), box(1.9, 0.1, 1.2, top, -0.25, 1.66, 0), box(0.06, 0.85, 1.15, top, -1.15, 0.8, 0), box(0.5, 0.45, 1.0, 0x2a2420, -0.75, 0.75, 0));
  for (const s of [-1, 1]) g.add(rod([0.95, 0.9, s * 0.5], [0.62, 1.68, s * 0.56], 0.03, c), rod([-0.1, 0.7, s * 0.6], [-0.1, 1.68, s * 0.58], 0.03, c), wheel(0.24, 0.12, -0.75, s * 0.55), box(0.9, 0.35, 0.03, top, -0.75, 1.3, s * 0.6));
  g.add(wheel(0.24, 0.1, 1.05, 0), box(0.02, 0.5, 0.95, 0x8aa0a8, 0.86, 1.05, 0));
  return [g, 1.4, rng.chance(0.7) ? [at(figure(rng, 'sit'), 0.3, 0.35, 0, Math.PI / 2)] : []];
}
function eRickshaw(rng) { // open at the sides, two benches face to face behind the driver
  const c = rng.hsl(0, 360, 0.3, 0.9, 0.2, 0.5), top = rng.chance(0.5) ? c : rng.hsl(0, 360, 0.1, 0.9, 0.2, 0.8), seat = rng.pick([0x3a2420, 0x1a1a1e, 0x7a2a20, 0x2a3a6a]), h = rng.range(1.65, 1.85), g = group();
  g.add(box(1.75, 0.28, 1.05, c, -0.4, 0.35, 0), box(2.5, rng.range(0.05, 0.16), 1.15, top, -0.05, h, 0), box(0.35, 0.3, 0.95, seat, -1.05, 0.62, 0), box(0.08, 0.5, 0.95, seat, -1.24, 0.8, 0), box(0.3, 0.3, 0.95, seat, 0.1, 0.62, 0), taper(0.35, 0.75, 0.15, 0.6, 0.75, c, 1.05, 0.38, 0), taper(0.5, 1.1, 0.15, 0.9, 0.16, top, 0.95, h, 0));
  for (const s of [-1, 1]) {
    for (const x of [-1.25, -0.45, 0.35, 1.05]) g.add(rod([x, 0.55, s * 0.5], [x - (x > 1 ? 0.18 : 0), h, s * 0.53], 0.02, rng.pick([0xb8b8b4, 0x8a8a88, 0x202020])));
    if (rng.chance(0.6)) g.add(box(1.6, rng.range(0.1, 0.3), 0.02, top, -0.4, h - 0.22, s * 0.56));
    g.add(rod([-1.25, 0.95, s * 0.52], [0.35, 0.95, s * 0.52], 0.018, 0xb0b0ac));
  }
  if (rng.chance(0.7)) g.add(box(0.02, 0.6, 0.85, 0x9ab0b8, 1.0, 1.05, 0));
  if (rng.chance(0.35)) for (let z = -0.4; z <= 0.4; z += 0.2) g.add(rod([-1.1, h + 0.2, z], [0.9, h + 0.2, z], 0.015, 0x9a9a96));
  g.add(wheel(0.27, 0.09, -0.85, 0.52), wheel(0.27, 0.09, -0.85, -0.52), wheel(0.27, 0.09, 1.2, 0));
  return [g, 1.5, rng.chance(0.7) ? [at(figure(rng, 'sit'), 0.35, 0.45, 0, Math.PI / 2), ...(rng.chance(0.5) ? [at(figure(rng, 'sit'), -0.9, 0.5, 0.2, Math.PI / 2)] : [])] : []];
}
function emptyCart(rng) {
  const w = rng.range(1.5, 2), d = rng.range(0.8, 1.1), g = group(plank(rng, w, 0.05, d, 0, 0.75, 0));
  for (const x of [-0.34, 0.34]) for (const z of [-0.42, 0.42]) g.add(spoked(0.32, x * w, z * d), rod([x * w, 0.32, z * d * 0.9], [x * w, 0.75, z * d * 0.9], 0.025, 0x5a4a3a));
  return [g, w / 2];
}
function closedParasols(rng) {
  const g = group(), m = clothMaterial(rng), c = rng.hsl(0, 360, 0.2, 0.9, 0.25, 0.75);
  for (let i = rng.int(1, 4); i > 0; i--) { const x = i * 1.6 - 3; g.add(cyl(0.025, 0.03, 2.4, 0x8a8a88, x, 0, 0, 6), cyl(0.05, 0.13, 1.25, c, x, 1.15, 0, 8), cyl(0.25, 0.28, 0.1, 0x6a6a68, x, 0, 0, 10)); }
  return [g, 3];
}
function hoarding(rng) { // building-site fence, painted or printed: not a board
  const w = rng.range(5, 14), h = rng.range(1.8, 2.6), c = rng.hsl(0, 360, 0.1, 0.7, 0.25, 0.75), g = group();
  for (let x = -w / 2 + 1; x < w / 2; x += 2) g.add(box(1.97, h, 0.05, c, x, 0, 0), box(0.06, h, 0.1, 0x77756c, x + 1, 0, -0.05));
  return [g, w / 2];
}
function barricade(rng) {
  const n = rng.int(1, 3), g = group(), c = rng.pick([0xe0b020, 0xe8e8e4, 0xd03020, 0x2a5aa0]);
  for (let i = 0; i < n; i++) { const x = (i - (n - 1) / 2) * 2; for (let y = 0.25; y < 1.2; y += 0.22) g.add(rod([x - 0.9, y, 0], [x + 0.9, y, 0], 0.025, c)); for (const s of [-1, 1]) g.add(rod([x + s * 0.9, 0, -0.25], [x + s * 0.9, 1.25, 0], 0.03, c), rod([x + s * 0.9, 0, 0.25], [x + s * 0.9, 1.25, 0], 0.03, c)); g.add(panel(1.5, 0.3, front(fresh(rng), 5), x, 0.62, 0.06)); }
  return [g, n];
}
function guardPost(rng) { // an open parasol over a barrier and whoever keeps it: no goods
  const g = group(), n = rng.int(2, 4), h = rng.range(2.2, 2.7), r = rng.range(0.9, 1.4), people = [];
  g.add(cyl(0.03, 0.03, h, 0x8a8a88, 0, 0, 0, 6), new THREE.Mesh(new THREE.ConeGeometry(r, r * 0.4, 10, 1, true), clothMaterial(rng)).translateY(h - 0.1));
  if (rng.chance(0.7)) { const [b] = barricade(rng); g.add(at(b, 0, 0, 0.7)); }
  for (let i = rng.int(0, n); i > 0; i--) people.push(at(figure(rng, rng.chance(0.3) ? 'sit' : 'stand'), rng.range(-1.2, 1.2), 0, rng.range(-0.8, 0.4), rng.f() * 6));
  return [g, 1.5, people];
}
function newsRack(rng) {
  const c = rng.hsl(0, 360, 0.4, 0.9, 0.25, 0.5), g = group();
  for (let i = rng.int(1, 3); i > 0; i--) g.add(box(0.45, 0.9, 0.4, c, i * 0.5 - 1, 0.1, 0), box(0.36, 0.3, 0.02, 0xd8d8d0, i * 0.5 - 1, 0.6, 0.2));
  return [g, 0.9];
}
function terraceWithFence(rng) {
  const g = group(), m = clothMaterial(rng), w = rng.range(3, 6);
  for (let x = -w / 2; x < w / 2; x += 1.2) g.add(box(1.1, 0.5, 0.3, 0x6a4a30, x + 0.6, 0, 1.2), lump(rng, 0.5, 0.25, 0.2, rng.hsl(80, 130, 0.3, 0.6, 0.2, 0.4), x + 0.6, 0.65, 1.2, 2, 0.3));
  g.add(sheet(rng, [[-w / 2, 2.2, 1.3], [w / 2, 2.2, 1.3], [w / 2, 2.8, -1], [-w / 2, 2.8, -1]], 0.03, m));
  for (let x = -w / 2 + 1; x < w / 2; x += 1.8) g.add(cyl(0.4, 0.4, 0.03, 0xd8d0c0, x, 0.72, 0, 12), cyl(0.03, 0.03, 0.72, 0x444444, x, 0, 0, 6), box(0.4, 0.45, 0.4, 0x5a4030, x + 0.65, 0, 0), box(0.4, 0.45, 0.4, 0x5a4030, x - 0.65, 0, 0));
  for (const s of [-1, 1]) g.add(rod([s * w * 0.48, 0, 1.2], [s * w * 0.48, 2.25, 1.2], 0.03, 0x55524c));
  return [g, w / 2, rng.chance(0.7) ? [at(figure(rng, 'sit'), 0.3, 0.1, 0.4), at(figure(rng, 'sit'), -0.9, 0.1, -0.3, 2)] : []];
}
function plainTrike(rng) { return [group(tricycleFrame(rng)), 1.3]; }
function porter(rng) { // a person with a bundle
  const p = figure(rng), g = group(lump(rng, 0.3, 0.25, 0.25, rng.hsl(0, 360, 0, 0.6, 0.3, 0.8), 0.3, 0.95, 0.1));
  return [g, 0.5, [p]];
}
function banner(rng) { // cloth between poles: neither board nor background, so an ignored region
  const w = rng.range(1.5, 5), h = w * rng.range(0.2, 0.6), y = rng.range(0.8, 4.5), g = group(), face = group(panel(w, h, ad(fresh(rng), w / h), 0, y, 0, { twoSided: true }));
  for (const s of [-1, 1]) g.add(rod([s * w * 0.52, 0, 0], [s * w * 0.52, y + h + 0.2, 0], 0.03, 0x77726a));
  face.userData.ignore = 'billboard';
  g.add(face);
  return [g, w / 2, [], [face]];
}

const MAKE = {
  tuktuk: [4, tuktuk], eRickshaw: [5, eRickshaw], emptyCart: [2, emptyCart], closedParasols: [1, closedParasols], hoarding: [1, hoarding], barricade: [3, barricade], guardPost: [2, guardPost], newsRack: [0.8, newsRack],
  terraceWithFence: [1.5, terraceWithFence], plainTrike: [1.3, plainTrike], porter: [1, porter], banner: [1.5, banner], classic: [6, null],
};
export function decoy(rng, kind = null) {
  const [name, make] = kind ? [kind, MAKE[kind][1]] : variant(rng, 'decoy', MAKE);
  if (!make) return lookalike(rng);
  const [g, radius, people = [], parts = []] = make(rng);
  for (const f of parts) g.remove(f);
  bake(g, rng);
  for (const f of parts) g.add(f);
  g.userData = { kind: name, radius, people, parts };
  return g;
}
export const DECOYS = Object.keys(MAKE).filter((k) => k !== 'classic');
