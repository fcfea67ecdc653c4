// Things that resemble the classes but are none of them, left unlabelled on purpose:
// cafe terraces, bus shelters, road signs, cabinets, planters, barriers, parcels.
import { group, box, cyl, ball, rod, panel, lump, at, bake } from './prims.js';
import { parasol } from './stalls.js';
import { carton } from './waste.js';
import { person } from './people.js';
import { roadSign, direction, routeMap } from './textures.js';

function chair(c) { return group(box(0.42, 0.05, 0.42, c, 0, 0.43, 0), box(0.42, 0.42, 0.04, c, 0, 0.48, -0.2), box(0.38, 0.43, 0.38, c, 0, 0, 0).translateY(0)); }

const MAKE = {
  terrace(rng) {
    const g = group(), people = [], c = rng.hsl(0, 360, 0.1, 0.8, 0.2, 0.7), shade = rng.chance(0.6) ? rng.hsl(0, 360, 0.4, 0.9, 0.3, 0.6) : 0xf0ece0;
    const n = rng.int(1, 3);
    for (let i = 0; i < n; i++) {
      const x = (i - (n - 1) / 2) * 2.6, t = group(cyl(0.42, 0.42, 0.04, 0xe8e4da, 0, 0.72, 0, 14), cyl(0.04, 0.04, 0.72, 0x444444, 0, 0, 0, 6), cyl(0.25, 0.25, 0.03, 0x444444, 0, 0, 0, 10));
      t.add(cyl(0.035, 0.03, 0.1, 0xf4f4f4, 0.15, 0.76, 0.1, 8));
      for (let k = 0; k < 4; k++) {
        const a = k * 1.571 + 0.6, ch = chair(c);
        t.add(at(ch, Math.cos(a) * 0.75, 0, Math.sin(a) * 0.75, -a - Math.PI / 2));
        if (rng.chance(0.3)) people.push(at(person(rng, { pose: 'sit' }), x + Math.cos(a) * 0.75, 0.02, Math.sin(a) * 0.75, -a - Math.PI / 2));
      }
      if (rng.chance(0.85)) t.add(parasol(rng, { r: rng.range(1.1, 1.5), color: shade }));
      g.add(at(t, x, 0, 0));
    }
    g.userData.people = people;
    return [g, n * 1.3];
  },
  shelter(rng) {
    const w = rng.range(3, 5), c = rng.pick([0x3a5a7a, 0x8a8d90, 0x2a2c2e]), g = group(box(w, 0.1, 1.5, c, 0, 2.4, 0), box(w * 0.7, 0.06, 0.35, 0x8a6a48, 0, 0.45, -0.4));
    for (const s of [-1, 1]) g.add(box(0.08, 2.4, 0.08, c, s * w * 0.46, 0, -0.6));
    g.add(box(w * 0.5, 1.6, 0.03, 0x9ab4bc, -w * 0.2, 0.5, -0.62), panel(0.9, 0.7, routeMap(rng.int(0, 9)), w * 0.25, 1.1, -0.58));
    return [g, w / 2];
  },
  sign(rng) {
    const h = rng.range(2.1, 3), g = group(cyl(0.04, 0.04, h + 0.5, 0xa0a3a6, 0, 0, 0, 8));
    for (let i = 0; i < rng.int(1, 2); i++) { const p = panel(0.6, 0.6, roadSign(rng.int(0, 30)), 0, h - i * 0.65, 0.05, { twoSided: true }); g.add(p); }
    return [g, 0.3];
  },
  direction(rng) {
    const w = rng.range(1.8, 3.2), g = group(cyl(0.09, 0.11, 5.2, 0x9a9da0, -w / 2, 0, 0, 10), rod([-w / 2, 4.6, 0], [w, 4.6, 0], 0.06, 0x9a9da0));
    g.add(panel(w, w / 2, direction(rng.int(0, 20)), w * 0.45, 3.7, 0.1, { twoSided: true }));
    return [g, 0.4];
  },
  mailbox(rng) { return [group(box(0.5, 1.0, 0.42, 0x1c6a3c, 0, 0.25, 0), box(0.6, 0.08, 0.5, 0x1c6a3c, 0, 1.25, 0), box(0.3, 0.05, 0.02, 0x0a0a0a, 0, 1.0, 0.22), box(0.4, 0.25, 0.36, 0x2a2a2a)), 0.35]; },
  cabinet(rng) {
    const w = rng.range(0.6, 1.4), h = rng.range(0.9, 1.5), c = rng.pick([0xa8aca8, 0x6a7a6a, 0xc8c4b8, 0x5a6a7a]);
    return [group(box(w, h, 0.45, c, 0, 0.12, 0), box(w + 0.1, 0.12, 0.55, 0x6a6a66), box(w + 0.06, 0.05, 0.52, c, 0, h + 0.12, 0), box(0.02, h * 0.9, 0.01, 0x3a3a3a, 0, 0.16, 0.23), box(0.16, 0.16, 0.01, 0xf0c020, w * 0.25, h * 0.7, 0.23)), w / 2 + 0.1];
  },
  planter(rng) {
    const w = rng.range(0.6, 1.8), d = rng.range(0.5, 0.7), g = group(box(w, 0.45, d, rng.pick([0x8a8d90, 0xb0683c, 0x6a4a30, 0xd0d0c8])));
    for (let x = -w / 2 + 0.2; x < w / 2; x += 0.3) g.add(lump(rng, 0.27, 0.28, 0.27, rng.hsl(80, 130, 0.3, 0.6, 0.2, 0.4), x, 0.62, 0, 1, 0.25));
    for (let i = 0; i < 6; i++) g.add(ball(0.05, 0.05, 0.05, rng.pick([0xe03a5a, 0xf0c020, 0xf4f4f4]), rng.range(-0.5, 0.5) * w, 0.86, rng.range(-0.2, 0.2)));
    return [g, w / 2 + 0.1];
  },
  barrier(rng) {
    const g = group(), n = rng.int(1, 3), water = rng.chance(0.4);
    for (let i = 0; i < n; i++) {
      const x = (i - (n - 1) / 2) * 1.7;
      if (water) g.add(box(1.5, 0.75, 0.35, i % 2 ? 0xf2f2f2 : 0xd84a1a, x, 0, 0));
      else { for (let k = 0; k < 6; k++) g.add(box(0.25, 0.25, 0.04, k % 2 ? 0xf2f2f2 : 0xd83018, x - 0.63 + k * 0.25, 0.7, 0)); for (const s of [-1, 1]) g.add(rod([x + s * 0.6, 0, 0.3], [x + s * 0.6, 0.95, 0], 0.025, 0x888888), rod([x + s * 0.6, 0, -0.3], [x + s * 0.6, 0.95, 0], 0.025, 0x888888)); }
    }
    if (rng.chance(0.5)) for (let i = 0; i < 3; i++) g.add(cyl(0.04, 0.18, 0.6, 0xe8541a, rng.range(-2, 2), 0, 0.6, 10));
    return [g, n * 0.85];
  },
  parcels(rng) {
    const g = group();
    for (let i = 0; i < rng.int(3, 8); i++) { const b = carton(rng, 0.9); b.rotation.set(0, rng.range(-0.2, 0.2), 0); b.position.set((i % 3) * 0.5 - 0.5, Math.floor(i / 3) * 0.33, 0); g.add(b); }
    return [g, 0.9];
  },
  bench(rng) { return [group(box(1.6, 0.06, 0.45, 0x8a5a34, 0, 0.43, 0), box(1.6, 0.35, 0.05, 0x8a5a34, 0, 0.55, -0.22), box(0.08, 0.43, 0.4, 0x333333, -0.65, 0, 0), box(0.08, 0.43, 0.4, 0x333333, 0.65, 0, 0)), 0.9]; },
  bollards(rng) { const g = group(); for (let i = -2; i <= 2; i++) g.add(cyl(0.07, 0.08, 0.8, rng.pick([0x6a6d70, 0x2a2c2e]), i * 1.3, 0, 0, 10), cyl(0.075, 0.075, 0.1, 0xf0c020, i * 1.3, 0.62, 0, 10)); return [g, 2.7]; },
  hydrant() { return [group(cyl(0.13, 0.15, 0.6, 0xc02018, 0, 0, 0, 12), ball(0.14, 0.12, 0.14, 0xc02018, 0, 0.6, 0), cyl(0.3, 0.3, 0.02, 0x555555, 0, 0, 0, 10)), 0.25]; },
  phonebox() { return [group(box(0.9, 2.2, 0.9, 0x9ab8c4, 0, 0.05, 0), box(1.0, 0.2, 1.0, 0xd06a18, 0, 2.25, 0), box(1.0, 0.05, 1.0, 0x555555)), 0.7]; },
};

export function lookalike(rng, kind = rng.weighted([[3, 'terrace'], [1.2, 'shelter'], [1.5, 'sign'], [0.8, 'direction'], [0.6, 'mailbox'], [1.3, 'cabinet'], [1.5, 'planter'], [1.3, 'barrier'], [1.2, 'parcels'], [0.7, 'bench'], [0.7, 'bollards'], [0.4, 'hydrant'], [0.4, 'phonebox']])) {
  const [g, radius] = MAKE[kind](rng);
  const people = g.userData.people ?? [];
  bake(g, rng);
  g.userData = { kind, radius, people };
  return g;
}
