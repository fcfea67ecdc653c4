// Bins of four families at every fill level: the classes bin_normal and bin_overflow.
// `fill`: 'closed', 'open' (lid up, waste below the rim) or 'over' (waste above the rim).
import { group, box, cyl, taper, at, bake, panel, ball, rod } from './prims.js';
import { heap, scatter, bag, litter } from './waste.js';
import { binLabel } from './textures.js';

const BODY = [0x1f5f34, 0x2a7a3f, 0x1d4f9c, 0x2f6fc0, 0x55595c, 0x7c8084, 0x24272a, 0xb02a24, 0xd8a818, 0x5a3d28, 0x3f8f86, 0xc46a1c];
const tint = (rng) => rng.chance(0.75) ? rng.pick(BODY) : rng.hsl(0, 360, 0.1, 0.8, 0.2, 0.55);

// Waste over a rim w x d at height y. `much` in 0..1 sets how far it stands out.
function crown(rng, w, d, y, much) {
  const h = 0.14 + much * rng.range(0.2, 0.5);
  const g = heap(rng, w * 0.5, d * 0.5, h, Math.round(7 + much * 10), 0.62);
  const top = bag(rng, rng.range(0.2, 0.3) * Math.min(1, w + 0.3));
  top.position.set(rng.range(-0.15, 0.15) * w, h * 0.35, rng.range(-0.1, 0.2) * d);
  g.add(top);
  for (let i = 0; i < 3; i++) { // something hangs over the edge
    const l = rng.chance(0.5) ? bag(rng, rng.range(0.13, 0.2)) : litter(rng);
    l.position.set(rng.range(-0.5, 0.5) * w, -0.08, d * 0.5);
    g.add(l);
  }
  g.position.y = y;
  return g;
}

function lidded(rng, { w, d, h, taperTo, color, lidColor, fill, much }) {
  const g = group(taper(w * taperTo, d * taperTo, w, d, h, color, 0, 0.06, 0));
  const rim = h + 0.06;
  g.add(box(w + 0.05, 0.06, 0.05, color, 0, rim - 0.06, d / 2), box(w + 0.05, 0.06, 0.05, color, 0, rim - 0.06, -d / 2));
  g.add(box(0.05, 0.06, d, color, w / 2, rim - 0.06, 0), box(0.05, 0.06, d, color, -w / 2, rim - 0.06, 0));
  if (fill !== 'closed') g.add(box(w * 0.92, 0.02, d * 0.92, 0x0d0e0f, 0, rim - 0.005, 0));
  const lid = group(box(w + 0.06, 0.05, d + 0.06, lidColor, 0, 0, d / 2), box(w * 0.8, 0.04, d * 0.7, lidColor, 0, 0.05, d / 2), box(w * 0.5, 0.04, 0.05, lidColor, 0, 0, d + 0.04));
  const angle = { closed: 0, open: -rng.range(1.75, 2.6), over: -(rng.chance(0.6) ? rng.range(0.35, 0.95) : rng.range(1.6, 2.6)) }[fill];
  lid.position.set(0, rim, -d / 2);
  lid.rotation.x = angle;
  if (fill !== 'over' || rng.chance(0.9)) g.add(lid);
  if (fill === 'open' && rng.chance(0.7)) { const b = bag(rng, 0.2); b.scale.setScalar(0.8); b.position.y = rim - 0.36; g.add(b); }
  if (fill === 'over') g.add(crown(rng, w, d, rim - 0.06, much));
  return g;
}

function wheelie(rng, fill, much, color = tint(rng)) {
  const k = rng.range(0.9, 1.15), w = 0.56 * k, d = 0.6 * k, h = rng.range(0.82, 1.0) * k;
  const g = lidded(rng, { w, d, h, taperTo: rng.range(0.72, 0.85), color, lidColor: rng.chance(0.7) ? color : tint(rng), fill, much });
  for (const s of [-1, 1]) { const wh = cyl(0.1, 0.1, 0.06, 0x151515, 0, 0, 0, 10); wh.rotation.z = Math.PI / 2; wh.position.set(s * w * 0.42, 0.1, -d * 0.42); g.add(wh); }
  g.add(rod([-w / 2, h, -d / 2 - 0.08], [w / 2, h, -d / 2 - 0.08], 0.025, color));
  if (rng.chance(0.6)) g.add(panel(w * 0.5, w * 0.5, binLabel(rng.int(0, 20)), 0, h * 0.45, d * 0.47));
  return [g, w, d];
}

function container(rng, fill, much) {
  const color = tint(rng), w = rng.range(1.15, 1.5), d = rng.range(0.85, 1.1), h = rng.range(0.85, 1.1);
  const g = lidded(rng, { w, d, h, taperTo: 0.85, color, lidColor: rng.chance(0.8) ? color : tint(rng), fill, much: much * 1.2 });
  for (const x of [-1, 1]) for (const z of [-1, 1]) g.add(cyl(0.09, 0.09, 0.1, 0x202020, x * w * 0.36, 0, z * d * 0.34, 8));
  for (let i = -1; i <= 1; i++) g.add(box(0.05, h * 0.85, 0.04, color, i * w * 0.3, 0.15, d * 0.45));
  if (rng.chance(0.6)) g.add(panel(0.4, 0.4, binLabel(rng.int(0, 20)), 0, h * 0.4, d * 0.475));
  return [g, w, d];
}

function roundBin(rng, fill, much) {
  const r = rng.range(0.22, 0.34), h = rng.range(0.65, 0.95), color = rng.chance(0.5) ? rng.pick([0x8a8d90, 0xa8abad, 0x5a5d60, 0x4a3a2c]) : tint(rng);
  const g = group(cyl(r, r * rng.range(0.8, 1), h, color, 0, 0.04, 0, 18), cyl(r + 0.02, r + 0.02, 0.05, 0x3a3c3e, 0, h, 0, 18));
  if (rng.chance(0.4)) for (let i = 0; i < 14; i++) g.add(box(0.04, h * 0.8, 0.02, rng.chance(0.5) ? 0x6a4a30 : 0x2c2e30, Math.cos(i * 0.449) * r, 0.1, Math.sin(i * 0.449) * r));
  const roof = rng.chance(0.5);
  if (fill !== 'closed') g.add(cyl(r * 0.88, r * 0.88, 0.02, 0x0c0d0d, 0, h + 0.035, 0, 18));
  if (roof) {
    for (const s of [-1, 1]) g.add(box(0.04, 0.3, 0.04, 0x3a3c3e, s * r * 0.9, h, 0));
    g.add(rng.chance(0.5) ? cyl(r * 0.5, r * 1.15, 0.12, color, 0, h + 0.28, 0, 18) : cyl(r * 1.1, r * 1.1, 0.05, color, 0, h + 0.28, 0, 18));
  } else if (fill === 'closed') g.add(ball(r, r * 0.55, r, color, 0, h + 0.02, 0), box(r, 0.14, 0.03, 0x101010, 0, h + 0.05, r * 0.8));
  if (fill === 'over') {
    const c = crown(rng, r * 2, r * 2, h + 0.02, roof ? 0.25 : much);
    g.add(c);
    if (roof) for (let i = 0; i < 3; i++) { const b = rng.chance(0.5) ? bag(rng, 0.17) : litter(rng); b.position.set(rng.range(-r, r) * 0.6, h + 0.34, rng.range(-r, r) * 0.6); g.add(b); }
  }
  return [g, 2 * r, 2 * r];
}

function twin(rng, fill, much) {
  const w = rng.range(0.42, 0.55), d = rng.range(0.34, 0.48), h = rng.range(0.8, 1.0), a = tint(rng), b = tint(rng), g = group();
  const frame = rng.pick([0x9a9da0, 0x3c3f42, 0x6e7275]);
  [[-1, a], [1, b]].forEach(([s, c]) => {
    g.add(box(w, h, d, c, s * (w / 2 + 0.02), 0.1, 0), box(w * 0.7, 0.14, 0.02, 0x0c0c0c, s * (w / 2 + 0.02), h - 0.1, d / 2 + 0.002));
    if (rng.chance(0.8)) g.add(panel(w * 0.6, w * 0.6, binLabel(rng.int(0, 20)), s * (w / 2 + 0.02), h * 0.4, d / 2 + 0.01));
  });
  for (const s of [-1, 1]) g.add(box(0.05, h + 0.4, 0.05, frame, s * (w + 0.05), 0, 0));
  const roofed = rng.chance(0.7);
  if (roofed) g.add(box(2 * w + 0.24, 0.05, d + 0.14, frame, 0, h + 0.38, 0));
  if (fill === 'open') g.add(box(w * 0.8, 0.02, d * 0.8, 0x0d0e0e, w / 2 + 0.02, h + 0.095, 0));
  if (fill === 'over') {
    for (const s of [-1, 1]) if (s === 1 || rng.chance(0.6)) { const c = crown(rng, w, d, h + 0.08, roofed ? 0.15 : much); c.position.x = s * (w / 2 + 0.02); g.add(c); }
    for (let i = 0; i < 4; i++) { const l = rng.chance(0.5) ? bag(rng, 0.15) : litter(rng); l.position.set(rng.range(-w, w), h - 0.15, d / 2 + 0.05); g.add(l); }
  }
  return [g, 2 * w + 0.2, d];
}

// One bin. Options fix what the seed would otherwise choose.
export function bin(rng, { fill = rng.pick(['closed', 'open', 'over']), family = null, much = rng.range(0.15, 1), spill = null } = {}) {
  const make = family ? { wheelie, container, roundBin, twin }[family]
    : rng.weighted([[5, wheelie], [3, container], [2.2, roundBin], [1.8, twin]]);
  const [g, w, d] = make(rng, fill, much);
  if (fill === 'over') {
    const bags = spill ?? (rng.chance(0.65) ? rng.int(1, 6) : 0);
    g.add(scatter(rng, w, d, bags, rng.int(0, 8)));
  }
  bake(g, rng);
  g.userData = { cls: fill === 'over' ? 'bin_overflow' : 'bin_normal', radius: Math.max(w, d) / 2 + (fill === 'over' ? 0.45 : 0.12) };
  return g;
}

// A row of wheelie bins as they stand at a collection point; returns separate objects.
export function binRow(rng, n, overflowChance) {
  const row = [];
  let x = 0;
  for (let i = 0; i < n; i++) {
    const b = bin(rng, { family: 'wheelie', fill: rng.chance(overflowChance) ? 'over' : rng.chance(0.8) ? 'closed' : 'open', spill: rng.int(0, 2) });
    row.push(at(b, x, 0, rng.range(-0.1, 0.1), rng.range(-0.15, 0.15)));
    x += rng.range(0.72, 0.95);
  }
  return row;
}
