// Waste: bags, cartons, foam boxes, bottles, paper; heaps of it; and the class garbage_pile.
import { group, box, cyl, lump, ball, bake, at } from './prims.js';

const BAGS = [0x15161a, 0x1b1c22, 0x24262c, 0x101214, 0xe6e8ea, 0xd8dad6, 0x2d5fb0, 0x2f7a45, 0xb23a32, 0xd0a23a, 0x8fa8b8, 0xc46a90];

export function bag(rng, size = rng.range(0.22, 0.42)) {
  const color = rng.chance(0.55) ? rng.pick(BAGS.slice(0, 6)) : rng.pick(BAGS);
  const squash = rng.range(0.65, 1.05);
  const body = lump(rng, size, size * squash, size * rng.range(0.8, 1.1), color, 0, size * squash * 0.85, 0, 2, 0.13);
  const knot = cyl(size * 0.2, size * 0.07, size * 0.35, color, 0, size * squash * 1.65, 0, 6);
  const g = group(body, knot);
  g.rotation.set(rng.range(-0.4, 0.4), rng.range(0, 6), rng.range(-0.4, 0.4));
  return g;
}

export function litter(rng) {
  const kind = rng.int(0, 5);
  if (kind === 0) return cyl(0.035, 0.035, 0.22, rng.pick([0x9fd0e0, 0x6fae6a, 0xb8dce6, 0x8a4a20]), 0, 0, 0, 7);
  if (kind === 1) return box(rng.range(0.1, 0.22), 0.02, rng.range(0.1, 0.2), rng.pick([0xf0f0ec, 0xe0d6c0, 0xd8d8e0]));
  if (kind === 2) return cyl(0.045, 0.035, 0.13, rng.pick([0xf4f4f0, 0xd83a30, 0xe8c040, 0x7a4a2a]), 0, 0, 0, 8);
  if (kind === 3) return lump(rng, 0.09, 0.07, 0.1, rng.pick([0xf2f2f2, 0xd94040, 0xe9e4d0, 0x60a0d8, 0x48a060]), 0, 0.05, 0, 1, 0.35);
  if (kind === 4) return box(rng.range(0.14, 0.26), rng.range(0.05, 0.1), rng.range(0.12, 0.2), rng.pick([0xf5f5f5, 0xb98a58, 0xc89a68]));
  return lump(rng, 0.11, 0.05, 0.1, rng.pick([0x5b7a2a, 0x8a6a30, 0x9a8a50, 0x6a4a2a]), 0, 0.03, 0, 1, 0.35);
}

export function carton(rng, k = 1) {
  const w = rng.range(0.25, 0.6) * k, h = rng.range(0.18, 0.5) * k, d = rng.range(0.25, 0.5) * k;
  const foam = rng.chance(0.2);
  const g = group(box(w, h, d, foam ? 0xf4f5f5 : rng.hsl(24, 36, 0.3, 0.5, 0.42, 0.6)));
  if (!foam && rng.chance(0.5)) g.add(box(w * 0.16, h + 0.004, d + 0.004, 0xcbb48a));
  if (!foam && rng.chance(0.4)) g.add(at(box(w * 0.9, 0.01, d * 0.5, 0xa87f50), 0, h + 0.06, d * 0.55, 0));
  g.rotation.set(rng.range(-0.25, 0.25), rng.range(0, 6), rng.range(-0.25, 0.25));
  return g;
}

const item = (rng, k = 1) => rng.weighted([[4, () => bag(rng, rng.range(0.2, 0.4) * k)], [2, () => carton(rng, k)], [4, () => litter(rng)]])();

// A mound of mixed waste over an ellipse (rx, rz), `height` at its middle.
export function heap(rng, rx, rz, height, count, k = 1) {
  const g = group();
  g.add(lump(rng, rx * 0.75, height * 0.75, rz * 0.75, rng.pick([0x3a3a3c, 0x6a665c, 0x55606a, 0x8a8478, 0x2a2c30]), 0, height * 0.1, 0, 2, 0.3));
  for (let i = 0; i < count; i++) {
    const a = rng.range(0, 6.3), r = Math.sqrt(rng.f()), it = item(rng, k);
    it.position.set(Math.cos(a) * r * rx, Math.max(0, height * (1 - r * r) - 0.1 * k), Math.sin(a) * r * rz);
    g.add(it);
  }
  return g;
}

// Bags and litter on the ground round a footprint (w x d).
export function scatter(rng, w, d, bags, bits) {
  const g = group();
  for (let i = 0; i < bags + bits; i++) {
    const a = rng.range(0, 6.3), isBag = i < bags;
    const it = isBag ? (rng.chance(0.8) ? bag(rng) : carton(rng)) : litter(rng);
    const out = isBag ? rng.range(0.15, 0.3) : rng.range(0.1, 0.5);
    const along = rng.range(-0.5, 0.5), side = rng.chance(0.55) ? 1 : 0;
    it.position.x = side ? along * w : Math.sign(Math.cos(a)) * (w / 2 + out);
    it.position.z = side ? Math.abs(d / 2 + out) : along * d;
    g.add(it);
  }
  return g;
}

// A loose heap without any bin: bags, rubble, furniture, cartons.
export function garbagePile(rng) {
  const g = group(), kind = rng.weighted([[4, 'bags'], [3, 'mixed'], [2, 'rubble'], [2, 'furniture'], [2, 'cartons']]);
  const rx = rng.range(0.5, 1.5), rz = rng.range(0.4, 0.9);
  if (kind === 'rubble') {
    const base = rng.hsl(15, 45, 0.05, 0.35, 0.4, 0.65);
    g.add(lump(rng, rx, rng.range(0.3, 0.7), rz, base, 0, 0.05, 0, 3, 0.2));
    for (let i = 0; i < 40; i++) {
      const a = rng.range(0, 6.3), r = rng.range(0.4, 1.15), b = box(rng.range(0.08, 0.3), 0.1, rng.range(0.06, 0.2), rng.hsl(10, 40, 0.05, 0.4, 0.35, 0.7));
      b.position.set(Math.cos(a) * rx * r, Math.max(0.05, 0.5 * (1 - r)), Math.sin(a) * rz * r);
      b.rotation.set(rng.f() * 3, rng.f() * 3, 0);
      g.add(b);
    }
    if (rng.chance(0.4)) g.add(heap(rng, rx * 0.6, rz * 0.6, 0.5, 5));
  } else {
    const height = rng.range(0.25, 0.9);
    if (kind === 'bags') for (let i = rng.int(4, 16); i > 0; i--) {
      const it = bag(rng, rng.range(0.25, 0.45)), r = Math.sqrt(rng.f()), a = rng.range(0, 6.3);
      it.position.set(Math.cos(a) * r * rx, Math.max(0, height * (1 - r) - 0.15), Math.sin(a) * r * rz);
      g.add(it);
    } else g.add(heap(rng, rx, rz, height, kind === 'cartons' ? 8 : 22));
    if (kind === 'cartons') for (let i = 0; i < rng.int(4, 10); i++) { const c = carton(rng, 1.3); c.position.set(rng.range(-rx, rx), rng.range(0, 0.4), rng.range(-rz, rz)); g.add(c); }
    if (kind === 'furniture') {
      const c = rng.hsl(0, 360, 0.1, 0.5, 0.25, 0.6);
      if (rng.chance(0.5)) g.add(box(1.5, 0.35, 0.7, c, 0, 0.05, -rz * 0.4), box(1.5, 0.45, 0.18, c, 0, 0.35, -rz * 0.4 - 0.3));
      else { const m = box(1.8, 1.1, 0.18, rng.pick([0xd8d2c2, 0xa8b4c4, 0xc0a8a0]), 0, 0, -rz * 0.6); m.rotation.x = -0.3; g.add(m); }
    }
    for (let i = rng.int(3, 14); i > 0; i--) { const l = litter(rng); l.position.x += rng.range(-1.3, 1.3) * rx; l.position.z += rng.range(-1.3, 1.3) * rz; g.add(l); }
  }
  bake(g, rng);
  g.userData = { cls: 'garbage_pile', radius: Math.max(rx, rz) + 0.3 };
  return g;
}

export const foodWaste = (rng) => ball(0.08, 0.06, 0.08, rng.pick([0x7a8a3a, 0xb06a30, 0xc0b060]), 0, 0.05, 0);
