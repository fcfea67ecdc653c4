// Street stalls of many shapes: the class street_stall. The label covers cart, goods,
// shade and furniture; sellers and customers are separate figures.
import * as THREE from 'three';
import { group, box, cyl, ball, rod, panel, solid, lump, at, bake } from './prims.js';
import { person } from './people.js';
import { tricycleFrame, wheel } from './vehicles.js';
import { cloth, shopSign } from './textures.js';

// A rectangle of goods w x d on a surface at height y.
export function goods(rng, w, d, y, kind = rng.pick(['fruit', 'veg', 'boxes', 'pots', 'cloth', 'toys', 'bottles'])) {
  const g = group(), n = Math.max(2, Math.round(w / 0.32)), m = Math.max(1, Math.round(d / 0.3));
  for (let i = 0; i < n; i++) {
    const hue = rng.range(0, 360), dark = rng.range(0.3, 0.65);
    for (let j = 0; j < m; j++) {
      if (rng.chance(0.06)) continue;
      const x = ((i + 0.5) / n - 0.5) * w, z = ((j + 0.5) / m - 0.5) * d, s = Math.min(w / n, d / m);
      const c = rng.hsl(hue, hue + 25, 0.4, 0.95, dark - 0.1, dark + 0.1);
      if (kind === 'fruit' || kind === 'veg') {
        const fruit = kind === 'fruit' ? rng.pick([0xd83020, 0xf08a18, 0xf4c820, 0x6aa028, 0x8a2a5a, 0xe8b090]) : rng.pick([0x3f8a2a, 0x7ab040, 0xe8e8d8, 0xc03020, 0xe07a20, 0x5a3a7a]);
        g.add(box(s * 0.95, 0.1, s * 0.95, rng.pick([0x8a6a44, 0x2a6ab0, 0x333333, 0xb0502a]), x, y, z), lump(rng, s * 0.42, 0.13, s * 0.42, fruit, x, y + 0.12, z, 2, 0.12));
      } else if (kind === 'boxes') g.add(box(s * 0.85, rng.range(0.08, 0.32), s * 0.85, c, x, y, z));
      else if (kind === 'pots') g.add(cyl(s * 0.36, s * 0.3, rng.range(0.15, 0.3), rng.pick([0xb8bcc0, 0x8a8d90, 0x3a3c3e, c]), x, y, z, 12));
      else if (kind === 'cloth') g.add(at(box(s * 0.95, 0.05 + rng.f() * 0.1, s * 0.9, c), x, y, z, rng.range(-0.3, 0.3)));
      else if (kind === 'toys') g.add(rng.chance(0.5) ? ball(s * 0.3, s * 0.3, s * 0.3, c, x, y + s * 0.3, z) : box(s * 0.5, s * rng.range(0.4, 1), s * 0.5, c, x, y, z));
      else g.add(cyl(0.05, 0.06, rng.range(0.2, 0.32), c, x - s * 0.2, y, z, 8), cyl(0.05, 0.06, 0.26, rng.hsl(hue, hue + 90, 0.3, 0.9, 0.3, 0.7), x + s * 0.2, y, z, 8));
    }
  }
  return g;
}

// A parasol: pole and an n-sided canopy, cloth on top.
export function parasol(rng, { r = rng.range(1.0, 1.7), h = rng.range(2.0, 2.6), color = null } = {}) {
  const n = rng.pick([4, 8, 8, 8, 12]), two = rng.chance(0.45);
  const a = color ?? rng.hsl(0, 360, 0.4, 1, 0.3, 0.65), b = two ? rng.pick([0xf4f2ea, rng.hsl(0, 360, 0.5, 1, 0.4, 0.7)]) : a;
  const g = group(cyl(0.025, 0.03, h, 0x9a9a9a, 0, 0, 0, 6), cyl(0.22, 0.26, 0.1, 0x4a4a4a, 0, 0, 0, 10));
  const rise = r * rng.range(0.25, 0.45), flap = rng.range(0.05, 0.2);
  for (let i = 0; i < n; i++) {
    const a0 = (i / n) * 2 * Math.PI, a1 = ((i + 1) / n) * 2 * Math.PI, c = i % 2 ? a : b;
    const p = (t, y, k) => [Math.cos(t) * r * k, y, Math.sin(t) * r * k];
    const tri = new THREE.BufferGeometry();
    const v = [...[0, h + rise, 0], ...p(a1, h, 1), ...p(a0, h, 1), ...p(a0, h, 1), ...p(a1, h, 1), ...p(a0, h - flap, 1), ...p(a1, h, 1), ...p(a1, h - flap, 1), ...p(a0, h - flap, 1)];
    tri.setAttribute('position', new THREE.Float32BufferAttribute(v, 3));
    tri.computeVertexNormals();
    g.add(solid(tri, c, true));
  }
  g.rotation.y = rng.range(0, 1);
  return g;
}

// A sloped or gabled cloth roof on four legs, w x d.
export function awning(rng, w, d, h, textureId = rng.int(0, 60)) {
  const g = group();
  for (const x of [-1, 1]) for (const z of [-1, 1]) g.add(rod([x * w * 0.48, 0, z * d * 0.48], [x * w * 0.48, h, z * d * 0.48], 0.025, 0xb0b0b0));
  const tex = cloth(textureId), gable = rng.chance(0.5), rise = rng.range(0.2, 0.6);
  const sheet = (a, b, c2, d2) => {
    const q = new THREE.BufferGeometry();
    q.setAttribute('position', new THREE.Float32BufferAttribute([...a, ...b, ...c2, ...a, ...c2, ...d2], 3));
    q.setAttribute('uv', new THREE.Float32BufferAttribute([0, 0, 2, 0, 2, 1, 0, 0, 2, 1, 0, 1], 2));
    q.computeVertexNormals();
    g.add(new THREE.Mesh(q, new THREE.MeshLambertMaterial({ map: tex, side: THREE.DoubleSide })));
  };
  const X = w / 2, Z = d / 2;
  if (gable) { sheet([-X, h, Z], [X, h, Z], [X, h + rise, 0], [-X, h + rise, 0]); sheet([X, h, -Z], [-X, h, -Z], [-X, h + rise, 0], [X, h + rise, 0]); }
  else sheet([-X, h, Z], [X, h, Z], [X, h + rise * 0.7, -Z], [-X, h + rise * 0.7, -Z]);
  sheet([-X, h - 0.2, Z + 0.01], [X, h - 0.2, Z + 0.01], [X, h, Z], [-X, h, Z]);
  return g;
}

function table(rng, w, d, h) {
  const g = group(box(w, 0.04, d, rng.pick([0xd8d8d8, 0x8a6a48, 0x4a5a6a, 0xb03a30]), 0, h, 0));
  if (rng.chance(0.55)) g.add(box(w, h * rng.range(0.4, 0.95), d, rng.hsl(0, 360, 0.2, 0.9, 0.25, 0.7), 0, h * 0.05, 0));
  else for (const x of [-1, 1]) for (const z of [-1, 1]) g.add(box(0.04, h, 0.04, 0x666666, x * w * 0.45, 0, z * d * 0.42));
  return g;
}

const KINDS = {
  cart(rng) {
    const w = rng.range(1.3, 1.9), d = rng.range(0.65, 0.9), c = rng.hsl(0, 360, 0.3, 0.95, 0.3, 0.6);
    const g = group(box(w, 0.55, d, c, 0, 0.3, 0), box(w + 0.1, 0.04, d + 0.1, 0xc8cacc, 0, 0.85, 0), wheel(0.26, 0.07, -w * 0.3, d / 2), wheel(0.26, 0.07, -w * 0.3, -d / 2), wheel(0.2, 0.07, w * 0.35, 0));
    if (rng.chance(0.6)) g.add(box(w * 0.6, 0.42, d * 0.7, 0xaac4cc, -w * 0.15, 0.89, 0), box(w * 0.62, 0.03, d * 0.74, 0xd8d8d8, -w * 0.15, 1.31, 0), goods(rng, w * 0.25, d * 0.7, 0.89).translateX(w * 0.33));
    else g.add(goods(rng, w * 0.95, d * 0.9, 0.89, rng.pick(['fruit', 'pots', 'bottles', 'boxes'])));
    g.add(rod([w / 2, 0.8, 0.25], [w / 2 + 0.4, 0.95, 0.25], 0.025, 0x333333), rod([w / 2, 0.8, -0.25], [w / 2 + 0.4, 0.95, -0.25], 0.025, 0x333333));
    if (rng.chance(0.65)) g.add(panel(w * 0.9, 0.4, shopSign(rng.int(200, 300)), 0, 0.4, d / 2 + 0.02));
    const shade = rng.int(0, 2);
    if (shade === 0) g.add(awning(rng, w * 1.05, d * 1.3, rng.range(1.9, 2.15)));
    if (shade === 1) g.add(parasol(rng));
    return [g, w, d];
  },
  table(rng) {
    const w = rng.range(1.2, 2.6), d = rng.range(0.6, 0.95), h = rng.range(0.55, 0.8);
    const g = group(table(rng, w, d, h), goods(rng, w * 0.95, d * 0.92, h + 0.04));
    if (rng.chance(0.35)) { g.add(rod([-w / 2, 0, -d / 2], [-w / 2, 1.8, -d / 2], 0.02, 0x888888), rod([w / 2, 0, -d / 2], [w / 2, 1.8, -d / 2], 0.02, 0x888888), rod([-w / 2, 1.78, -d / 2], [w / 2, 1.78, -d / 2], 0.02, 0x888888)); g.add(goods(rng, w, 0.1, 1.2, 'cloth')); }
    return [g, w, d];
  },
  tricycle(rng) {
    const g = group(tricycleFrame(rng));
    const load = goods(rng, 1.3, 0.95, 0.78, rng.pick(['fruit', 'veg', 'fruit', 'pots', 'bottles']));
    load.position.x = -0.45;
    g.add(load);
    if (rng.chance(0.5)) { const c = goods(rng, 1.1, 0.35, 0.25); c.position.set(-0.45, 0, 0.75); g.add(c, box(1.1, 0.25, 0.35, 0x8a6a44, -0.45, 0, 0.75)); }
    const shade = rng.int(0, 2);
    if (shade === 0) { const p = parasol(rng); p.position.x = -0.4; g.add(p); }
    if (shade === 1) { const a = awning(rng, 1.5, 1.2, 1.9); a.position.x = -0.45; g.add(a); }
    return [g, 2.5, 1.0];
  },
  mat(rng) {
    const w = rng.range(1.2, 2.6), d = rng.range(0.8, 1.5);
    return [group(box(w, 0.015, d, rng.hsl(0, 360, 0.2, 0.9, 0.3, 0.75)), goods(rng, w * 0.9, d * 0.85, 0.015, rng.pick(['toys', 'cloth', 'veg', 'boxes', 'fruit']))), w, d];
  },
  umbrella(rng) {
    const w = rng.range(1.0, 1.8), d = rng.range(0.6, 0.9), p = parasol(rng, { r: rng.range(1.2, 1.9) });
    p.position.set(rng.range(-0.3, 0.3), 0, -d * 0.3);
    return [group(table(rng, w, d, 0.72), goods(rng, w * 0.95, d * 0.9, 0.76), p), w + 0.6, d + 0.6];
  },
  tent(rng) {
    const w = rng.range(1.9, 3.0), d = rng.range(1.4, 2.2), h = rng.range(1.95, 2.3);
    const g = group(awning(rng, w, d, h));
    const t = group(table(rng, w * 0.9, 0.75, 0.75), goods(rng, w * 0.86, 0.7, 0.79));
    t.position.z = d * 0.25;
    g.add(t);
    if (rng.chance(0.5)) g.add(panel(w * 0.95, 0.4, shopSign(rng.int(200, 300)), 0, h - 0.42, d / 2 + 0.03));
    if (rng.chance(0.4)) { const s = goods(rng, w * 0.8, 0.4, 0.02, 'boxes'); s.position.z = -d * 0.3; g.add(s); }
    return [g, w, d];
  },
  crates(rng) {
    const w = rng.range(1.2, 2.4), d = rng.range(0.7, 1.1), h = rng.range(0.22, 0.5), g = group();
    for (let x = -w / 2 + 0.25; x < w / 2; x += 0.52) for (let z = -d / 2 + 0.2; z < d / 2; z += 0.42) g.add(box(0.48, h, 0.38, rng.pick([0x2a6ab0, 0xb0502a, 0x8a6a44, 0x3a8a4a, 0xd8d8d4]), x, 0, z));
    g.add(goods(rng, w, d, h, rng.pick(['fruit', 'veg'])));
    if (rng.chance(0.3)) g.add(parasol(rng));
    return [g, w, d];
  },
  rack(rng) {
    const w = rng.range(1.4, 2.4), g = group(rod([-w / 2, 0, 0], [-w / 2, 1.6, 0], 0.025, 0x999999), rod([w / 2, 0, 0], [w / 2, 1.6, 0], 0.025, 0x999999), rod([-w / 2, 1.6, 0], [w / 2, 1.6, 0], 0.02, 0x999999));
    for (let x = -w / 2 + 0.1; x < w / 2 - 0.05; x += 0.12) g.add(box(0.07, rng.range(0.6, 1.0), 0.45, rng.hsl(0, 360, 0.1, 0.9, 0.2, 0.8), x, 0.55, 0));
    const t = group(table(rng, w, 0.6, 0.5), goods(rng, w * 0.95, 0.55, 0.54, 'cloth'));
    t.position.z = 0.75;
    g.add(t);
    return [g, w, 1.6];
  },
};

// One stall; `sellers` (people of the stall, not part of the label) come in userData.
export function stall(rng, kind = rng.pick(Object.keys(KINDS))) {
  const [g, w, d] = KINDS[kind](rng);
  bake(g, rng);
  const people = [];
  for (let i = rng.int(1, 2); i > 0; i--) {
    const sit = rng.chance(0.35), p = person(rng, { pose: sit ? 'sit' : 'stand' });
    if (sit) { const s = group(cyl(0.16, 0.18, 0.36, rng.hsl(0, 360, 0.4, 0.9, 0.3, 0.6), 0, 0, 0, 8)); bake(s); p.add(s); }
    people.push(at(p, rng.range(-0.5, 0.5) * w, 0, -d / 2 - rng.range(0.3, 0.6), rng.range(-0.5, 0.5)));
  }
  for (let i = rng.weighted([[3, 0], [3, 1], [2, 2]]); i > 0; i--) people.push(at(person(rng), rng.range(-0.5, 0.5) * w, 0, d / 2 + rng.range(0.4, 0.8), Math.PI + rng.range(-0.5, 0.5)));
  g.userData = { cls: 'street_stall', radius: Math.max(w, d) / 2 + 0.3, people, kind, w, d };
  return g;
}
export const STALL_KINDS = Object.keys(KINDS);
