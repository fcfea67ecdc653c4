// Advertising: shop signs and projecting signs (ad_sign); boards on posts, walls and
// roofs, LED walls and roadside light boxes (billboard).
import { group, box, cyl, rod, panel, bake, at } from './prims.js';
import { poster, shopSign } from './textures.js';

const label = (g, cls, radius) => { bake(g); g.userData = { cls, radius }; return g; };

// A fascia above a shop front; origin at the wall, mid-width, underside.
export function fascia(rng, w, h, variant) {
  const depth = rng.range(0.08, 0.3);
  const g = group(box(w, h, depth, rng.pick([0x3a3c3e, 0xd8d8d8, 0x8a8d90, 0x6a1a18]), 0, 0, depth / 2), panel(w - 0.06, h - 0.06, shopSign(variant), 0, 0.03, depth + 0.01, { glow: 0.9 }));
  if (rng.chance(0.15)) for (let x = -w / 2 + 0.5; x < w / 2; x += 1) g.add(rod([x, h, 0], [x, h + 0.25, 0.5], 0.02, 0x333333));
  return label(g, 'ad_sign', w / 2);
}

// A box sign that stands out from the wall, read from both sides along the street.
export function projecting(rng, variant) {
  const upright = rng.chance(0.7), w = upright ? rng.range(0.5, 0.8) : rng.range(0.7, 1.1), h = upright ? rng.range(1.4, 2.8) : rng.range(0.5, 0.9);
  const g = group(box(0.16, h, w, rng.pick([0x2a2c2e, 0xd0d0d0, 0x8a8d90]), 0, 0, w / 2 + 0.15), box(0.04, 0.05, 0.2, 0x333333, 0, h * 0.8, 0.08), box(0.04, 0.05, 0.2, 0x333333, 0, h * 0.2, 0.08));
  for (const s of [-1, 1]) {
    const p = panel(w - 0.04, h - 0.04, shopSign(variant, upright), 0.085 * s, 0.02, w / 2 + 0.15, { glow: 0.9 });
    p.rotation.y = (s * Math.PI) / 2;
    g.add(p);
  }
  return label(g, 'ad_sign', w);
}

function face(rng, w, h, y, z, variant, glow, back = true) {
  const g = group(box(w + 0.16, h + 0.16, 0.14, rng.pick([0x4a4d50, 0x8a8d90, 0x2a2c2e, 0xd0d2d4]), 0, y - 0.08, z - 0.08), panel(w, h, poster(variant, w / h), 0, y, z + 0.005, { glow }));
  if (back && rng.chance(0.5)) { const b = panel(w, h, poster(variant + 7, w / h), 0, y, z - 0.16, { glow }); b.rotation.y = Math.PI; g.add(b); }
  return g;
}

const KINDS = {
  posts(rng, v) {
    const w = rng.range(2.2, 5.5), h = w * rng.range(0.4, 0.72), y = rng.range(0.5, 2.2), c = rng.pick([0x6a6d70, 0x3a3c3e, 0x9a9da0]);
    const g = group(face(rng, w, h, y, 0, v, 0.55));
    for (const s of [-1, 1]) g.add(box(0.14, y + h, 0.14, c, s * w * 0.36, 0, -0.2));
    if (rng.chance(0.4)) for (const s of [-1, 1]) g.add(rod([s * w * 0.36, y + h * 0.7, -0.2], [s * w * 0.36, 0, -1.1], 0.05, c));
    return [g, w / 2];
  },
  mono(rng, v) {
    const w = rng.range(3, 6), h = w * rng.range(0.35, 0.6), y = rng.range(2.2, 4.5);
    return [group(cyl(0.2, 0.26, y + h * 0.6, 0x7a7d80, 0, 0, -0.3, 12), face(rng, w, h, y, 0, v, 0.6)), w / 2];
  },
  lightbox(rng, v) {
    const w = rng.range(1.0, 1.9), h = w * rng.range(1.2, 1.8), y = rng.range(0.25, 0.7), c = rng.pick([0xb8bcc0, 0x2a2c2e, 0x5a5d60]);
    const g = group(face(rng, w, h, y, 0, v, 0.9));
    if (rng.chance(0.5)) g.add(box(w * 0.9, y, 0.2, c, 0, 0, -0.08)); else for (const s of [-1, 1]) g.add(box(0.1, y + h + 0.15, 0.12, c, s * (w / 2 + 0.1), 0, -0.08));
    return [g, w / 2];
  },
  led(rng, v) {
    const w = rng.range(2, 4.5), h = w * rng.range(0.5, 0.75), y = rng.range(0.6, 2.4);
    const g = group(box(w + 0.3, h + 0.3, 0.5, 0x1a1c1e, 0, y - 0.15, -0.26), panel(w, h, poster(v, w / h), 0, y, 0.01, { glow: 1.3 }), box(w * 0.5, y, 0.5, 0x3a3c3e, 0, 0, -0.26));
    g.children[1].userData.led = true;
    return [g, w / 2];
  },
};

export function billboard(rng, variant, kind = rng.weighted([[4, 'posts'], [1.5, 'mono'], [3, 'lightbox'], [1.5, 'led']])) {
  const [g, radius] = KINDS[kind](rng, variant);
  return label(g, 'billboard', radius + 0.1);
}

// Flat on a wall; origin on the wall at the underside.
export function wallBoard(rng, variant, w = rng.range(2.5, 6), h = w * rng.range(0.4, 0.8)) {
  return label(face(rng, w, h, 0, 0.18, variant, 0.7, false), 'billboard', w / 2);
}

// On a roof edge, on a truss.
export function roofBoard(rng, variant) {
  const w = rng.range(4, 9), h = w * rng.range(0.25, 0.45), g = group(at(face(rng, w, h, 0.6, 0, variant, 0.8, false), 0, 0, 0));
  for (let x = -w / 2 + 0.3; x <= w / 2; x += 1.2) g.add(rod([x, 0, -0.15], [x, h + 0.5, -0.15], 0.04, 0x555555), rod([x, h * 0.8, -0.15], [x, 0, -1.2], 0.04, 0x555555));
  return label(g, 'billboard', w / 2);
}
