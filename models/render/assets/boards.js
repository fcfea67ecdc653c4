// Free-standing, roof, wall, LED and pavement boards. What is labelled `billboard` is the
// advertising body (face and frame, with its foot if that is a solid part of it), not posts.
import * as THREE from 'three';
import { group, box, cyl, rod, panel, bake, at, lump } from '../scene/prims.js';
import { ad, screens } from './ads.js';
import { fresh } from './prints.js';
import { variant } from './variants.js';

const metal = (rng) => (rng.chance(0.7) ? rng.hsl(200, 240, 0, 0.12, 0.12, 0.75) : rng.hsl(0, 360, 0.2, 0.7, 0.2, 0.5));

function led(m) { m.userData.led = true; return m; }

// A framed face; `lit` > 0 glows at night, and by day too if `screen`.
function body(rng, w, h, y, { lit = rng.chance(0.6) ? rng.range(0.5, 1.2) : 0, depth = rng.range(0.06, 0.3), frame = rng.range(0.03, 0.12), both = rng.chance(0.4), screen = false } = {}) {
  const c = metal(rng), tex = screen ? screens(fresh(rng), w / h) : ad(fresh(rng), w / h), p = panel(w, h, tex, 0, y, 0.012, { glow: lit });
  const g = group(box(w + 2 * frame, h + 2 * frame, depth, c, 0, y - frame, -depth / 2), screen ? led(p) : p);
  if (both) { const b = panel(w, h, ad(fresh(rng), w / h), 0, y, -depth - 0.012, { glow: lit }); b.rotation.y = Math.PI; g.add(b); }
  g.userData.flat = both ? 'both' : 'front';
  return g;
}

// Pulls the labelled body out of the rest: returns an object whose userData.parts are labelled.
function build(rest, ...faces) {
  const g = group(rest, ...faces);
  bake(rest);
  for (const f of faces) { bake(f); f.userData.cls = 'billboard'; }
  g.userData = { parts: faces };
  return g;
}

const lamps = (rng, w, y) => { const g = group(); for (let x = -w * 0.4; x <= w * 0.4; x += w * 0.4) g.add(rod([x, y, 0], [x, y - 0.15, 0.9], 0.02, 0x333333), box(0.22, 0.08, 0.14, 0x222222, x, y - 0.2, 0.95)); return g; };

const MAKE = {
  unipole(rng) {
    const w = rng.range(4, 14), h = w * rng.range(0.25, 0.55), y = rng.range(3, 9), r = 0.1 + w * 0.035, c = metal(rng), x = rng.chance(0.6) ? 0 : rng.sign() * w * 0.35;
    return [build(group(cyl(r * 0.9, r, y + h * 0.3, c, x, 0, -0.5, 14), rng.chance(0.5) ? lamps(rng, w, y - 0.05) : group()), body(rng, w, h, y, { depth: rng.range(0.3, 1) })), w / 2];
  },
  twin(rng) {
    const w = rng.range(2, 6), h = w * rng.range(0.4, 0.75), y = rng.range(0.6, 2.6), c = metal(rng), g = group();
    for (const s of [-1, 1]) g.add(box(0.13, y + h, 0.13, c, s * w * 0.36, 0, -0.22));
    return [build(g, body(rng, w, h, y)), w / 2];
  },
  cityLight(rng) { // pavement light box on a foot
    const w = rng.range(1.1, 1.4), h = w * rng.range(1.35, 1.65), y = rng.range(0.35, 0.75), c = metal(rng), f = body(rng, w, h, y, { depth: 0.22, frame: rng.range(0.05, 0.12), both: true, lit: rng.range(0.8, 1.3) });
    f.add(rng.chance(0.5) ? box(w * 0.8, y, 0.18, c, 0, 0, -0.11) : group(box(0.12, y, 0.15, c, -w * 0.4, 0, -0.11), box(0.12, y, 0.15, c, w * 0.4, 0, -0.11)));
    if (rng.chance(0.4)) f.add(box(w + 0.2, 0.14, 0.28, c, 0, y + h + 0.06, -0.11));
    return [build(group(), f), w / 2];
  },
  pylon(rng) { // a tall slab that stands on the ground
    const w = rng.range(1.1, 1.9), h = w * rng.range(1.8, 2.9), f = body(rng, w, h, 0.22, { depth: rng.range(0.2, 0.5), frame: 0.07, both: true });
    if (rng.chance(0.4)) f.add(box(w + 0.24, 0.2, 0.5, metal(rng), 0, h + 0.25, -0.15));
    f.add(box(w, 0.2, 0.3, 0x3a3a3c, 0, 0, -0.15));
    return [build(group(), f), w / 2];
  },
  scroller(rng) { // 3 x 4 m on a thick leg
    const w = rng.range(2.4, 3.9), h = w * rng.range(0.65, 0.8), y = rng.range(1.8, 2.6);
    return [build(group(box(rng.range(0.3, 0.7), y, 0.35, metal(rng), rng.chance(0.5) ? 0 : w * 0.25, 0, -0.25)), body(rng, w, h, y, { depth: 0.45, both: true, lit: rng.range(0.6, 1.2) })), w / 2];
  },
  pillar(rng) { // a round poster column
    const r = rng.range(0.55, 0.8), h = rng.range(2.4, 3.4), f = group(cyl(r * 1.06, r * 1.1, 0.3, metal(rng), 0, 0, 0, 20), cyl(r * 1.25, r * 1.1, 0.2, metal(rng), 0, h, 0, 20)), n = rng.int(3, 5);
    for (let i = 0; i < n; i++) { const m = new THREE.Mesh(new THREE.CylinderGeometry(r, r, h - 0.35, 8, 1, true, (i / n) * 6.283, 6.283 / n), new THREE.MeshLambertMaterial({ map: ad(fresh(rng), (6.283 * r) / n / (h - 0.3)) })); m.position.y = h / 2 + 0.15; m.material.userData.glow = 0.5; f.add(m); }
    if (rng.chance(0.5)) f.add(cyl(0.05, r * 1.2, 0.6, 0x2f4a3a, 0, h + 0.2, 0, 16));
    return [build(group(), f), r];
  },
  totem(rng) { // many small signs over each other on two posts
    const w = rng.range(1.4, 3), y0 = rng.range(0.8, 3), n = rng.int(3, 8), f = group(), c = metal(rng);
    f.userData.flat = 'front';
    let y = y0;
    for (let i = 0; i < n; i++) { const h = w * rng.range(0.2, 0.45); f.add(at(body(rng, w, h, y, { depth: 0.25, frame: 0.03, both: false }), 0, 0, 0)); y += h + 0.06; }
    return [build(group(box(0.2, y, 0.2, c, -w * 0.45, 0, -0.15), box(0.2, y, 0.2, c, w * 0.45, 0, -0.15)), f), w / 2];
  },
  screen(rng) { // a free-standing LED wall
    const w = rng.range(2.5, 9), h = w * rng.range(0.45, 0.75), y = rng.range(1, 5), c = 0x1c1e20;
    return [build(group(box(w * 0.3, y, 0.6, c, 0, 0, -0.4)), body(rng, w, h, y, { lit: rng.range(1.2, 2.2), depth: 0.6, frame: 0.06, both: false, screen: true })), w / 2];
  },
  flag(rng) { // a box on a lamp post
    const w = rng.range(0.8, 1.4), h = w * rng.range(1.3, 1.8), y = rng.range(2.4, 4), f = body(rng, w, h, y, { both: true, depth: 0.15 });
    f.position.x = w / 2 + 0.15;
    return [build(group(cyl(0.08, 0.11, y + h + rng.range(0.5, 3), metal(rng), 0, 0, 0, 10), rod([0, y + h, 0], [w, y + h, 0], 0.03, 0x555555)), f), 0.3];
  },
  gantry(rng) { // across the road
    const w = rng.range(4, 9), h = w * rng.range(0.16, 0.4), y = rng.range(5, 6.5), s = w / 2 + rng.range(0.5, 4), c = metal(rng);
    return [build(group(rod([-s, 0, 0], [-s, y + h, 0], 0.12, c), rod([s, 0, 0], [s, y + h, 0], 0.12, c), rod([-s, y, -0.1], [s, y, -0.1], 0.08, c), rod([-s, y + h, -0.1], [s, y + h, -0.1], 0.08, c)), body(rng, w, h, y, { both: true })), s];
  },
  shelterAd(rng) { // the light box at the end of a bus stop
    const w = rng.range(3, 4.5), c = metal(rng), rest = group(box(w, 0.1, 1.5, c, 0, 2.4, 0), box(w * 0.7, 0.06, 0.35, 0x8a6a48, -0.2, 0.45, -0.4), box(w * 0.6, 1.7, 0.03, 0x90a8ac, -w * 0.15, 0.4, -0.62)), f = body(rng, 1.2, 1.75, 0.35, { both: true, lit: 1 });
    for (const s of [-1, 1]) rest.add(box(0.08, 2.4, 0.08, c, s * w * 0.46, 0, -0.6));
    f.position.set(w / 2 - 0.05, 0, 0); f.rotation.y = rng.sign() * Math.PI / 2;
    if (rng.chance(0.4)) { f.position.set(w * 0.25, 0, -0.5); f.rotation.y = 0; }
    return [build(rest, f), w / 2];
  },
};

// The ground-standing boards by how near one meets them.
const NEAR = ['cityLight', 'pylon', 'scroller', 'pillar', 'flag', 'shelterAd', 'twin', 'totem'];
export function board(rng, kind = null, near = false) {
  const table = near ? Object.fromEntries(NEAR.map((k) => [k, [k === 'cityLight' || k === 'pylon' ? 3 : 1, MAKE[k]]])) : Object.fromEntries(Object.entries(MAKE).map(([k, f]) => [k, [k === 'unipole' ? 3 : 1, f]]));
  const [name, make] = kind ? [kind, MAKE[kind]] : variant(rng, 'board', table), [g, radius] = make(rng);
  Object.assign(g.userData, { kind: name, radius: radius + 0.1, people: [] });
  return g;
}
export const BOARDS = Object.keys(MAKE);

// Flat on a facade; origin at the wall, underside.
export function facadeBoard(rng, w, h, led = false) {
  const screen = led || rng.chance(0.35), f = body(rng, w, h, 0, { depth: rng.range(0.05, 0.4), both: false, screen, lit: screen ? rng.range(1, 2.2) : rng.chance(0.5) ? 0.9 : 0 });
  f.position.z = 0.3;
  const g = build(rng.chance(0.3) ? lamps(rng, w, h) : group(), f);
  g.userData.kind = screen ? 'wallScreen' : 'wall';
  return g;
}

// A screen bent round a corner.
export function curvedScreen(rng, w, h) {
  const bend = rng.range(0.4, 1.6), r = w / bend, m = new THREE.Mesh(new THREE.CylinderGeometry(r, r, h, 20, 1, true, Math.PI * 0 - bend / 2, bend), new THREE.MeshLambertMaterial({ map: screens(fresh(rng), w / h) }));
  m.material.userData.glow = rng.range(1.2, 2.2);
  m.position.set(0, h / 2, -r);
  const f = group(led(m));
  f.userData.flat = 'front';
  f.position.z = 0.5;
  const g = build(group(), f);
  g.userData.kind = 'curved';
  return g;
}

export function roofBoard(rng) {
  const w = rng.range(4, 14), h = w * rng.range(0.22, 0.5), rest = group(), letters = rng.chance(0.2);
  for (let x = -w / 2 + 0.3; x <= w / 2; x += 1.4) rest.add(rod([x, 0, -0.15], [x, h + 0.5, -0.15], 0.05, 0x555555), rod([x, h * 0.8, -0.15], [x, 0, -1.4], 0.05, 0x555555));
  const g = build(rest, body(rng, w, h, letters ? 0.2 : 0.7, { both: false, screen: rng.chance(0.25) }));
  g.userData.kind = 'roof';
  return g;
}
