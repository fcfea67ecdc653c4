// What goods stand on: hand carts, cycles, tables, stepped shelves, boxes, mats, tailgates.
// Each returns [group, width, depth, height of the selling surface]; front is +z.
import { group, box, cyl, rod, panel, at, taper, lump } from '../scene/prims.js';
import { tricycleFrame, van, wheel } from '../scene/vehicles.js';
import { spoked, plank, sheet } from './parts.js';
import { clothMaterial, front, fresh } from './prints.js';
import { spread, hanging, mound, anyGoods, crate, sack } from './goods.js';

const wood = (rng) => rng.hsl(20, 40, 0.2, 0.5, 0.2, 0.48);
const paint = (rng) => (rng.chance(0.6) ? rng.hsl(0, 360, 0.35, 0.95, 0.25, 0.55) : wood(rng));
const legs = (g, w, d, h, color, t = 0.05) => { for (const x of [-1, 1]) for (const z of [-1, 1]) g.add(box(t, h, t, color, x * (w / 2 - t), 0, z * (d / 2 - t))); };

// Cloth that hangs over the edges of a surface on one to four sides.
function skirt(rng, w, d, y, drop) {
  const g = group(), m = clothMaterial(rng), X = w / 2 + 0.02, Z = d / 2 + 0.02;
  g.add(sheet(rng, [[-X, y, -Z], [X, y, -Z], [X, y + 0.012, Z], [-X, y + 0.012, Z]], -0.01, m, 4), sheet(rng, [[-X, y, Z], [X, y, Z], [X, y - drop * rng.range(0.7, 1), Z + 0.03], [-X, y - drop, Z + 0.03]], 0, m, 5));
  for (const s of [-1, 1]) if (rng.chance(0.6)) g.add(sheet(rng, [[s * X, y, -Z], [s * X, y, Z], [s * (X + 0.03), y - drop, Z], [s * (X + 0.03), y - drop * 0.8, -Z]], 0, m, 4));
  return g;
}

function handcart(rng) {
  const w = rng.range(1.5, 2.2), d = rng.range(0.85, 1.25), h = rng.range(0.72, 0.92), c = paint(rng), r = h * rng.range(0.36, 0.46), g = group(plank(rng, w, 0.05, d, 0, h, 0));
  for (const z of [-1, 1]) { g.add(rod([-w / 2, h - 0.03, z * d * 0.4], [w / 2 + rng.range(0.1, 0.45), h + 0.02, z * d * 0.4], 0.035, c)); if (rng.chance(0.7)) g.add(box(w, rng.range(0.06, 0.16), 0.03, c, 0, h, (z * d) / 2)); }
  const fat = rng.chance(0.2), ws = rng.chance(0.75) ? [[-w * 0.33, 1], [-w * 0.33, -1], [w * 0.33, 1], [w * 0.33, -1]] : [[0, 1], [0, -1], [w * 0.42, 0]];
  for (const [x, z] of ws) g.add(fat ? wheel(r, 0.09, x, z * d * 0.42) : spoked(r, x, z * d * 0.42), rod([x, r, z * d * 0.36], [x + rng.range(-0.1, 0.1), h, z * d * 0.36], 0.025, c));
  if (rng.chance(0.4)) g.add(skirt(rng, w, d, h + 0.06, rng.range(0.15, 0.5)));
  g.add(spread(rng, w * 0.96, d * 0.94, h + 0.05, { height: rng.range(0.1, 0.55) }));
  if (rng.chance(0.25)) g.add(panel(w * 0.9, 0.35, front(fresh(rng), w * 0.9 / 0.35), 0, h - 0.36, d / 2 + 0.03));
  return [g, w, d, h];
}

function foodCart(rng) {
  const w = rng.range(1.2, 2.0), d = rng.range(0.65, 0.95), h = rng.range(0.8, 0.95), c = rng.chance(0.3) ? 0xb8bcc0 : rng.hsl(0, 360, 0.4, 1, 0.3, 0.6), low = rng.range(0.25, 0.45), g = group(box(w, h - low, d, c, 0, low, 0), box(w + 0.12, 0.04, d + 0.12, 0xb4b6b8, 0, h, 0));
  for (const x of [-1, 1]) for (const z of [-1, 1]) g.add(rng.chance(0.5) ? spoked(low * 0.95, x * w * 0.34, z * d * 0.5) : wheel(low * 0.7, 0.08, x * w * 0.34, z * d * 0.48));
  g.add(panel(w * 0.94, (h - low) * 0.9, front(fresh(rng), w * 0.94 / (h - low) / 0.9), 0, low + 0.03, d / 2 + 0.012));
  for (const s of [-1, 1]) { const p = panel(d * 0.9, (h - low) * 0.8, front(fresh(rng), d / (h - low)), s * (w / 2 + 0.012), low + 0.05, 0); p.rotation.y = (s * Math.PI) / 2; g.add(p); }
  const gw = w * rng.range(0.4, 0.9), gx = rng.range(-1, 1) * (w - gw) * 0.5, gh = rng.range(0.35, 0.6);
  if (rng.chance(0.7)) {
    for (const x of [-1, 1]) for (const z of [-1, 1]) g.add(box(0.025, gh, 0.025, 0xb0b0ac, gx + x * gw * 0.49, h + 0.04, z * d * 0.42));
    g.add(box(gw, 0.03, d * 0.9, c, gx, h + 0.04 + gh, 0), box(gw, 0.015, d * 0.8, 0xc8d0d0, gx, h + gh * 0.5, 0));
    for (const y of [h + 0.04, h + gh * 0.5 + 0.01]) g.add(at(spread(rng, gw * 0.9, d * 0.7, 0, { food: true, height: 0.12, cards: 0 }), gx, y, 0));
  } else g.add(spread(rng, w * 0.9, d * 0.85, h + 0.04, { food: true, height: 0.15 }));
  if (rng.chance(0.6)) g.add(cyl(0.26, 0.16, 0.14, 0x2a2826, -gx * 1.2, h + 0.06, 0, 16), lump(rng, 0.2, 0.05, 0.2, rng.hsl(25, 45, 0.5, 0.9, 0.3, 0.55), -gx * 1.2, h + 0.2, 0));
  if (rng.chance(0.5)) g.add(cyl(0.15, 0.15, 0.5, rng.pick([0xb02020, 0x2050a0, 0x8a8a88]), w * 0.6, 0, -d * 0.3, 12));
  return [g, w, d, h];
}

function tricycleCart(rng) {
  const g = group(tricycleFrame(rng)), k = rng.range(0.15, 0.6);
  const load = rng.chance(0.75) ? spread(rng, 1.3, 0.92, 0, { height: k }) : at(mound(rng, 1.3, 0.95, k, anyGoods(rng)), 0, 0, 0);
  g.add(at(load, -0.45, 0.72, 0));
  if (rng.chance(0.4)) g.add(at(skirt(rng, 1.38, 1.0, 0.86, 0.4), -0.45, 0, 0));
  return [g, 2.4, 1.05, 0.8];
}

function rickshaw(rng) { // a cycle with a flat bed on two big spoked wheels
  const c = paint(rng), r = rng.range(0.33, 0.4), bw = rng.range(1.2, 1.7), g = group(plank(rng, bw, 0.05, 1.0, -0.5, 0.72, 0), spoked(r, -0.55, 0.52), spoked(r, -0.55, -0.52), spoked(r, 1.25, 0));
  g.add(rod([-0.5, 0.4, 0], [0.7, 0.42, 0], 0.025, c), rod([0.7, 0.42, 0], [1.1, 0.85, 0], 0.022, c), rod([0.45, 0.4, 0], [0.4, 0.92, 0], 0.022, c), rod([1.25, r, 0], [1.05, 1.05, 0], 0.022, c), rod([1.05, 1.05, -0.28], [1.05, 1.05, 0.28], 0.014, 0x222222), box(0.24, 0.07, 0.17, 0x1c1a18, 0.38, 0.92, 0));
  g.add(rng.chance(0.7) ? at(spread(rng, bw * 0.95, 0.95, 0, { height: rng.range(0.15, 0.6) }), -0.5, 0.77, 0) : at(stack(rng, bw, 0.95), -0.5, 0.77, 0));
  return [g, 2.6, 1.1, 0.78];
}

// Sacks and bundles piled high.
function stack(rng, w, d) {
  const g = group();
  for (let y = 0, k = 1; y < rng.range(0.4, 1.1); y += 0.3, k *= 0.85) for (let x = -w * k / 2 + 0.25; x < w * k / 2; x += 0.42) g.add(at(sack(rng, rng.range(0.8, 1.15)), x, y - 0.15, rng.range(-0.3, 0.3) * d * k, rng.f() * 6));
  return g;
}

function bicycle(rng) {
  const c = rng.hsl(0, 360, 0, 0.7, 0.1, 0.4), r = 0.33, g = group(spoked(r, -0.52, 0), spoked(r, 0.55, 0));
  for (const [a, b] of [[[-0.52, r, 0], [-0.1, 0.3, 0]], [[-0.1, 0.3, 0], [0.38, 0.75, 0]], [[-0.1, 0.3, 0], [-0.2, 0.85, 0]], [[-0.2, 0.75, 0], [0.38, 0.78, 0]], [[0.55, r, 0], [0.36, 0.95, 0]], [[-0.52, r, 0], [-0.2, 0.75, 0]]]) g.add(rod(a, b, 0.017, c));
  g.add(rod([0.36, 0.97, -0.26], [0.36, 0.97, 0.26], 0.013, 0x777777), box(0.22, 0.06, 0.15, 0x1a1816, -0.2, 0.86, 0));
  const load = rng.int(0, 2);
  for (const s of [-1, 1]) if (load !== 2) g.add(at(load ? sack(rng, rng.range(0.9, 1.3)) : group(cyl(0.26, 0.2, 0.35, rng.hsl(30, 45, 0.3, 0.5, 0.35, 0.55), 0, 0.28, 0, 12), mound(rng, 0.42, 0.42, 0.2, anyGoods(rng), 0.6)), -0.55, load ? 0.1 : 0.1, s * 0.34));
  if (load === 2 || rng.chance(0.5)) g.add(at(rng.chance(0.5) ? mound(rng, 0.8, 0.8, 0.6, anyGoods(rng, false)) : stack(rng, 0.7, 0.5), -0.5, 0.78, 0));
  if (rng.chance(0.3)) { g.add(rod([-0.5, 0.7, 0], [-0.5, 2.0, 0], 0.02, 0x8a7a5a)); for (const s of [-0.5, 0, 0.5]) g.add(at(hanging(rng, 0.9, 1.1 + 0.8 * (s + 0.5), 0.4), -0.5, 0, s * 0.2)); }
  return [g, 1.7, 0.9, 0.7];
}

function table(rng) {
  const w = rng.range(1.1, 3.0), d = rng.range(0.6, 1.1), h = rng.range(0.45, 0.85), g = group(box(w, 0.035, d, rng.chance(0.5) ? wood(rng) : 0xc8c8c4, 0, h, 0));
  legs(g, w, d, h, rng.chance(0.5) ? wood(rng) : 0x66625c);
  if (rng.chance(0.7)) g.add(skirt(rng, w, d, h + 0.04, h * rng.range(0.3, 0.95)));
  g.add(spread(rng, w * 0.96, d * 0.94, h + 0.05));
  if (rng.chance(0.3)) { for (const s of [-1, 1]) g.add(rod([(s * w) / 2, 0, -d / 2], [(s * w) / 2, 1.9, -d / 2], 0.02, 0x88857c)); g.add(at(hanging(rng, w, 1.88), 0, 0, -d / 2)); }
  return [g, w, d, h];
}

function tiers(rng) { // stepped shelves that face the street
  const w = rng.range(1.4, 3.0), n = rng.int(2, 4), step = rng.range(0.3, 0.42), g = group(), c = rng.chance(0.5) ? wood(rng) : rng.hsl(0, 360, 0.3, 0.8, 0.3, 0.6);
  const food = rng.chance(0.8);
  for (let i = 0; i < n; i++) { const y = 0.3 + i * step * rng.range(0.75, 1), z = 0.4 - i * step; g.add(box(w, 0.04, step, c, 0, y, z), box(w, y, 0.03, c, 0, 0, z + step / 2), spread(rng, w * 0.97, step * 0.95, y + 0.04, { food, height: 0.16 }).translateZ(z)); }
  return [g, w, n * step, 0.4];
}

function mat(rng) {
  const w = rng.range(1.2, 3.2), d = rng.range(0.8, 2.0), m = clothMaterial(rng), g = group(sheet(rng, [[-w / 2, 0.015, d / 2], [w / 2, 0.015, d / 2], [w / 2, 0.02, -d / 2], [-w / 2, 0.02, -d / 2]], -0.01, m));
  for (let i = rng.int(3, 14); i > 0; i--) {
    const a = rng.range(0.25, 0.7), b = rng.range(0.25, 0.6), x = rng.range(-0.5, 0.5) * (w - a), z = rng.range(-0.5, 0.5) * (d - b), food = rng.chance(0.6);
    g.add(at(rng.chance(0.3) ? group(cyl(a * 0.5, a * 0.4, 0.14, wood(rng), 0, 0, 0, 12), mound(rng, a * 0.85, a * 0.85, 0.12, anyGoods(rng, food), 0.12)) : mound(rng, a, b, rng.range(0.05, 0.25), anyGoods(rng, food)), x, 0.03, z));
  }
  return [g, w, d, 0.1];
}

function crates(rng) {
  const w = rng.range(1.2, 3.0), d = rng.range(0.6, 1.2), g = group();
  for (let x = -w / 2 + 0.25; x < w / 2; x += 0.52) for (let z = -d / 2 + 0.2, k = 0; z < d / 2 + 0.1; z += 0.42, k++) {
    const up = rng.chance(0.75) ? (d / 2 - z) * rng.range(0.3, 0.6) : 0;
    if (up > 0.1) g.add(at(box(0.48, up, 0.38, rng.chance(0.5) ? wood(rng) : rng.pick([0x2a5aa0, 0xa84a28, 0x3a7a44, 0x55585a])), x, 0, z));
    g.add(at(crate(rng, 0.49, 0.39, rng.range(0.16, 0.3), rng.chance(0.9)), x, up, z, rng.range(-0.05, 0.05)));
  }
  return [g, w, d, 0.4];
}

function rack(rng) {
  const w = rng.range(1.4, 3.2), g = group(), n = rng.int(1, 3), top = rng.range(1.6, 2.2);
  for (let i = 0; i < n; i++) { const z = -i * rng.range(0.4, 0.6), y = top - (rng.chance(0.5) ? 0 : i * 0.25); for (const s of [-1, 1]) g.add(rod([(s * w) / 2, 0, z], [(s * w) / 2, y, z], 0.02, 0x908c84), rod([(s * w) / 2, 0.03, z - 0.25], [(s * w) / 2, 0.03, z + 0.25], 0.02, 0x908c84)); g.add(at(hanging(rng, w, y, rng.range(0.5, 1.3)), 0, 0, z)); }
  if (rng.chance(0.5)) g.add(at(group(box(w, 0.04, 0.7, wood(rng), 0, 0.5, 0), skirt(rng, w, 0.7, 0.55, 0.45), spread(rng, w, 0.65, 0.56, { food: false, height: 0.2 })), 0, 0, 0.6));
  return [g, w, 1.2, 1.2];
}

function vanTail(rng) {
  const g = group(), v = van(rng);
  v.rotation.y = Math.PI / 2; v.position.z = -2.3; // tail to the front
  g.add(v, box(1.3, 0.9, 0.1, 0x141414, 0, 0.75, 0.2), at(spread(rng, 1.35, 0.7, 0, { height: 0.3 }), 0, 0.78, 0.45), box(1.5, 0.05, 0.8, 0x55524c, 0, 0.72, 0.45));
  const door = box(1.5, 0.06, 0.9, 0xd0d0cc, 0, 1.95, 0.55); door.rotation.x = -0.25; g.add(door);
  g.add(at(group(box(1.6, 0.4, 0.5, wood(rng)), spread(rng, 1.55, 0.5, 0.42)), rng.range(-0.3, 0.3), 0, 1.2));
  return [g, 1.9, 2.2, 0.8];
}

function kiosk(rng) {
  const w = rng.range(1.6, 2.8), d = rng.range(1.2, 1.8), h = rng.range(2, 2.4), c = paint(rng), g = group(box(w, h, 0.05, c, 0, 0, -d / 2), box(w, 0.9, 0.06, c, 0, 0, d / 2), box(w * 1.15, 0.06, d * 1.3, c, 0, h, 0.1), box(w, 0.02, d, 0x2a2622, 0, 0.05, 0));
  for (const s of [-1, 1]) g.add(box(0.05, h, d, c, (s * w) / 2, 0, 0));
  g.add(panel(w, 0.45, front(fresh(rng), w / 0.45), 0, h - 0.4, d / 2 + 0.1), panel(w * 0.95, 0.75, front(fresh(rng), w / 0.75), 0, 0.05, d / 2 + 0.05), at(spread(rng, w * 0.95, 0.5, 0.92), 0, 0, d / 2 - 0.15), at(hanging(rng, w * 0.95, h - 0.42, 0.45), 0, 0, d / 2 - 0.05));
  for (let y = 1.0; y < h - 0.4; y += 0.4) g.add(box(w, 0.03, 0.3, wood(rng), 0, y, -d / 2 + 0.2), at(spread(rng, w * 0.95, 0.28, y + 0.03, { food: false, height: 0.15, cards: 0 }), 0, 0, -d / 2 + 0.2));
  return [g, w, d, 0.9];
}

function barrow(rng) {
  const g = group(taper(0.9, 0.55, 1.3, 0.85, 0.35, rng.hsl(0, 360, 0.1, 0.6, 0.25, 0.5), 0, 0.4, 0), wheel(0.22, 0.09, 0.55, 0), at(mound(rng, 1.2, 0.8, 0.35, anyGoods(rng, true)), 0, 0.7, 0));
  for (const s of [-1, 1]) g.add(rod([0.4, 0.5, s * 0.3], [-1.2, 0.75, s * 0.35], 0.02, 0x55524c), rod([-0.4, 0.45, s * 0.3], [-0.45, 0, s * 0.3], 0.02, 0x55524c));
  return [g, 1.7, 0.9, 0.7];
}

export const CARRIERS = {
  handcart: [6, handcart], foodCart: [3, foodCart], tricycleCart: [2, tricycleCart], rickshaw: [2, rickshaw], bicycle: [1.4, bicycle], table: [3.5, table],
  tiers: [1.5, tiers], mat: [2, mat], crates: [2, crates], rack: [2, rack], vanTail: [0.8, vanTail], kiosk: [1, kiosk], barrow: [0.6, barrow],
};
