// A whole stall: carrier, shade, clutter, and the people round it. The class street_stall
// covers carrier, goods, shade and clutter; people are figures of their own.
import { group, at, bake, cyl, box, lump } from '../scene/prims.js';
import { variant } from './variants.js';
import { CARRIERS } from './carriers.js';
import { canopy } from './shade.js';
import { crate, sack, bucket } from './goods.js';
import { figure } from './figures.js';

function clutter(rng, w, d) {
  const g = group();
  for (let i = rng.weighted([[3, 0], [2, 1], [2, 2], [1, 4]]); i > 0; i--) {
    const it = rng.weighted([[3, () => crate(rng, 0.5, 0.38, 0.28)], [2, () => sack(rng)], [1.5, () => bucket(rng)], [1, () => group(box(0.32, 0.4, 0.32, rng.hsl(0, 360, 0.3, 0.9, 0.3, 0.6)))], [1, () => lump(rng, 0.25, 0.18, 0.2, rng.hsl(0, 360, 0, 0.5, 0.2, 0.9), 0, 0.15, 0, 2, 0.2)]])();
    g.add(at(group(it), rng.sign() * w * rng.range(0.4, 0.6), 0, rng.range(-0.3, 0.6) * d, rng.f() * 6));
  }
  return g;
}

// Boxes that tell by their open front alone that something is sold there.
const SHUT_BEHIND = new Set(['kiosk', 'vanTail']);
const NO_SHADE = new Set(['kiosk', 'vanTail', 'bicycle']), LOW = new Set(['mat', 'crates', 'barrow']);

function crew(rng, kind, w, d) {
  const people = [], behind = rng.weighted([[1.2, 0], [4, 1], [2, 2]]), customers = rng.weighted([[4, 0], [2.5, 1], [2, 2], [0.7, 4]]);
  for (let i = 0; i < behind; i++) {
    const sit = rng.chance(LOW.has(kind) ? 0.7 : 0.25), side = rng.chance(0.3), p = figure(rng, sit ? 'sit' : 'stand');
    if (side) at(p, rng.sign() * (w / 2 + 0.35), 0, rng.range(-0.4, 0.4) * d, rng.range(0, 6.28)); else at(p, rng.range(-0.45, 0.45) * w, 0, -d / 2 - rng.range(0.2, 0.5), rng.range(-0.6, 0.6));
    people.push(p);
  }
  for (let i = 0; i < customers; i++) people.push(at(figure(rng), rng.range(-0.6, 0.6) * w, 0, d / 2 + rng.range(0.35, 0.9), Math.PI + rng.range(-0.9, 0.9)));
  return people;
}

export function stall(rng, kind = null) {
  const [name, make] = kind ? [kind, CARRIERS[kind][1]] : variant(rng, 'stall', CARRIERS), [g, w, d] = make(rng);
  let shade = 'none';
  if (!NO_SHADE.has(name) && rng.chance(LOW.has(name) ? 0.35 : 0.68)) { const [k, c] = canopy(rng, w, d); shade = k; g.add(c); }
  g.add(clutter(rng, w, d));
  bake(g, rng);
  g.userData = { cls: 'street_stall', kind: name, shade, w, d, radius: Math.max(w, d) / 2 + 0.3, people: crew(rng, name, w, d), flat: SHUT_BEHIND.has(name) ? 'front' : undefined };
  return g;
}
export const STALLS = Object.keys(CARRIERS);
