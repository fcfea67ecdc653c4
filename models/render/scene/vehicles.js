// Cars, vans, buses, tricycles and scooters. A plain tricycle carries nothing for sale.
import * as THREE from 'three';
import { group, box, cyl, solid, rod, bake, at, taper } from './prims.js';
import { person } from './people.js';

const PAINT = [0xf2f2f0, 0xd8dadc, 0x9a9da0, 0x2a2c2e, 0x101214, 0x7a1418, 0x1c3a6a, 0x6a5a48, 0xb8a888, 0xd08a18, 0x2c6a5a];

// A side profile [[x, y], ...] drawn out to the given width, nose toward +x.
function extrude(profile, width, color, bevel = 0.05) {
  const s = new THREE.Shape();
  profile.forEach(([x, y], i) => (i ? s.lineTo(x, y) : s.moveTo(x, y)));
  const g = new THREE.ExtrudeGeometry(s, { depth: width - 2 * bevel, bevelEnabled: true, bevelThickness: bevel, bevelSize: bevel, bevelSegments: 1, steps: 1 });
  g.translate(0, 0, -(width - 2 * bevel) / 2);
  return solid(g, color);
}

export function wheel(r, width, x, z, rim = 0x9a9a9a) {
  const g = group(cyl(r, r, width, 0x141414, 0, -width / 2, 0, 16), cyl(r * 0.6, r * 0.6, width + 0.01, rim, 0, -width / 2 - 0.005, 0, 10));
  g.rotation.x = Math.PI / 2;
  g.position.set(x, r, z);
  return g;
}

function motor(rng, L, W, body, cabin, roofY, roof, wheelR, axle) {
  const color = rng.chance(0.8) ? rng.pick(PAINT) : rng.hsl(0, 360, 0.4, 0.9, 0.25, 0.6);
  const g = group(extrude(body, W, color), extrude(cabin, W * 0.9, 0x161c22), box(roof[1] - roof[0], 0.06, W * 0.84, color, (roof[0] + roof[1]) / 2, roofY, 0));
  for (const p of roof.slice(2)) for (const s of [-1, 1]) g.add(rod([p[0], p[1], s * W * 0.455], [p[2], p[3], s * W * 0.43], 0.035, color));
  for (const x of axle) for (const s of [-1, 1]) g.add(wheel(wheelR, 0.2, x, s * (W / 2 - 0.1)));
  for (const s of [-1, 1]) {
    g.add(box(0.06, 0.14, 0.32, 0xf4f4e0, L / 2, 0.6, s * W * 0.34), box(0.06, 0.16, 0.26, 0xa01010, -L / 2, 0.66, s * W * 0.36));
    g.add(box(0.12, 0.12, 0.18, color, L * 0.18, 0.98, s * (W / 2 + 0.06)));
  }
  g.add(box(0.04, 0.13, 0.44, rng.pick([0x1a4ab0, 0x2a9a5a]), L / 2 + 0.05, 0.4, 0), box(0.04, 0.13, 0.44, 0x1a4ab0, -L / 2 - 0.05, 0.5, 0));
  return g;
}

export function car(rng) {
  const suv = rng.chance(0.4), L = rng.range(4.0, 4.8), h = L / 2, W = rng.range(1.72, 1.88), up = suv ? 0.15 : 0, top = suv ? 1.68 : 1.45, back = suv ? -h + 0.15 : -h * 0.62;
  const body = [[-h, 0.3], [h, 0.3], [h, 0.62 + up], [h * 0.45, 0.9 + up], [-h * 0.75, 0.95 + up], [-h, 0.85 + up]];
  const cabin = [[h * 0.42, 0.88 + up], [h * 0.1, top - 0.03], [back * 0.75, top - 0.03], [suv ? back : -h * 0.78, 0.93 + up]];
  return motor(rng, L, W, body, cabin, top - 0.02, [back * 0.75, h * 0.12, [0, 0.9, 0, top], [back * 0.5, 0.9, back * 0.5, top]], 0.33, [h * 0.62, -h * 0.62]);
}

export function van(rng) {
  const L = rng.range(4.2, 5.4), h = L / 2, W = rng.range(1.65, 1.95), top = rng.range(1.85, 2.2), cargo = rng.chance(0.5);
  const body = [[-h, 0.32], [h, 0.32], [h, 0.85], [h * 0.82, 1.1], [-h, 1.1]];
  const cabin = [[h * 0.8, 1.08], [h * 0.52, top - 0.04], [-h + 0.06, top - 0.04], [-h + 0.02, 1.08]];
  const g = motor(rng, L, W, body, cabin, top - 0.03, [-h + 0.05, h * 0.55, [h * 0.2, 1.0, h * 0.2, top], [-h * 0.3, 1.0, -h * 0.3, top]], 0.33, [h * 0.62, -h * 0.62]);
  if (cargo) g.add(box(L * 0.62, top - 1.04, W * 0.97, rng.pick([0xf2f2f0, 0xd8dadc, 0x9a9da0, 0x3a5a8a]), -L * 0.17, 1.02, 0));
  return g;
}

export function bus(rng) {
  const L = 10.5, W = 2.5, c = rng.pick([0x2a7a4a, 0x2a5ab0, 0xd0a020, 0xe8e8e8, 0xb03028]);
  const g = group(box(L, 2.5, W, c, 0, 0.4, 0), box(L * 0.94, 0.95, W + 0.02, 0x1a2026, 0, 1.5, 0), box(0.02, 1.3, W * 0.9, 0x1a2026, L / 2 + 0.01, 1.3, 0), box(L * 0.98, 0.1, W * 0.96, 0xe4e4e4, 0, 2.9, 0));
  for (const x of [-3.2, 3.4]) for (const s of [-1, 1]) g.add(wheel(0.48, 0.28, x, s * (W / 2 - 0.13)));
  return g;
}

// The bare frame of a cargo tricycle: cab seat in front (+x), bed behind.
export function tricycleFrame(rng, color = rng.hsl(0, 360, 0.3, 0.9, 0.25, 0.55)) {
  const g = group(box(1.35, 0.08, 0.95, 0x3a3c3e, -0.45, 0.52, 0));
  for (const s of [-1, 1]) g.add(box(1.35, 0.26, 0.05, color, -0.45, 0.58, s * 0.47));
  g.add(box(0.05, 0.26, 0.95, color, -1.12, 0.58, 0), box(0.05, 0.34, 0.95, color, 0.22, 0.58, 0));
  g.add(wheel(0.27, 0.09, -0.7, 0.5), wheel(0.27, 0.09, -0.7, -0.5), wheel(0.27, 0.09, 1.15, 0));
  g.add(rod([1.15, 0.3, 0], [0.95, 1.05, 0], 0.04, color), rod([0.95, 1.03, -0.35], [0.95, 1.03, 0.35], 0.025, 0x222222));
  g.add(rod([0.2, 0.45, 0], [1.0, 0.55, 0], 0.06, color), box(0.3, 0.1, 0.36, 0x1a1a1a, 0.42, 0.68, 0), box(0.12, 0.25, 0.12, 0x2a2a2a, 0.42, 0.5, 0));
  if (rng.chance(0.4)) g.add(box(0.06, 0.5, 0.5, color, 1.05, 0.5, 0));
  return g;
}

export function tricycle(rng) {
  const g = tricycleFrame(rng);
  if (rng.chance(0.35)) g.add(box(1.3, 0.9, 0.95, rng.pick([0x2a6ab0, 0x3a8a4a, 0xd8d8d8, 0xe08a20]), -0.45, 0.62, 0)); // a closed parcel box
  return g;
}

export function scooter(rng, rider = rng.chance(0.6)) {
  const c = rng.hsl(0, 360, 0.2, 0.9, 0.2, 0.7);
  const g = group(wheel(0.24, 0.1, 0.6, 0), wheel(0.24, 0.1, -0.55, 0), box(0.75, 0.3, 0.26, c, -0.35, 0.35, 0), box(0.55, 0.08, 0.28, 0x1a1a1a, -0.35, 0.66, 0), box(0.4, 0.07, 0.26, c, 0.15, 0.3, 0), taper(0.12, 0.32, 0.08, 0.3, 0.6, c, 0.45, 0.3, 0));
  g.add(rod([0.42, 0.98, -0.32], [0.42, 0.98, 0.32], 0.025, 0x222222));
  if (rng.chance(0.3)) g.add(box(0.4, 0.42, 0.42, rng.pick([0xf0c020, 0x2a8ae0, 0x222222]), -0.62, 0.75, 0));
  if (rider) { const p = person(rng, { pose: 'sit' }); g.add(at(p, -0.25, 0.28, 0, Math.PI / 2)); }
  return g;
}

const SIZE = { car: 2.5, van: 2.7, bus: 5.6, tricycle: 1.5, scooter: 0.9 };
export function vehicle(rng, kind = rng.weighted([[6, 'car'], [2.5, 'van'], [0.5, 'bus'], [1.5, 'tricycle'], [2, 'scooter']])) {
  const g = { car, van, bus, tricycle, scooter }[kind](rng);
  bake(g, rng);
  g.userData = { kind, radius: SIZE[kind], half: { bus: 1.3, scooter: 0.4, tricycle: 0.6 }[kind] ?? 0.95 };
  return g;
}
