// What stalls sell: heaps, rows, bundles and hanging goods, made of many small pieces.
import { group, box, cyl, lump, solid, rod, flat } from '../scene/prims.js';
import { many } from './parts.js';
import { variant } from './variants.js';
import { priceCard } from './prints.js';

const FRUIT = {
  oranges: [3, ['ball', 0.045, 1, ['hsl', 22, 34, 0.8, 1, 0.45, 0.58]]], apples: [2, ['ball', 0.042, 1, ['hsl', 352, 372, 0.6, 0.95, 0.28, 0.5]]],
  bananas: [2.5, ['arc', 0.09, 1, ['hsl', 44, 62, 0.6, 0.95, 0.42, 0.6]]], limes: [1.5, ['ball', 0.03, 1, ['hsl', 66, 100, 0.5, 0.85, 0.32, 0.5]]],
  melons: [1.5, ['ball', 0.13, 1, ['hsl', 85, 130, 0.3, 0.7, 0.18, 0.38]]], mangoes: [2, ['ball', 0.055, 1.3, ['hsl', 36, 60, 0.7, 0.95, 0.42, 0.58]]],
  tomatoes: [2, ['ball', 0.038, 0.9, ['hsl', 2, 14, 0.75, 0.95, 0.36, 0.5]]], potatoes: [2, ['rough', 0.045, 1.2, ['hsl', 24, 40, 0.25, 0.5, 0.38, 0.6]]],
  onions: [1.5, ['ball', 0.04, 0.9, ['hsl', 330, 375, 0.25, 0.55, 0.32, 0.6]]], greens: [3.5, ['leaf', 0.12, 0.9, ['hsl', 78, 130, 0.35, 0.75, 0.18, 0.42]]],
  cabbages: [1.5, ['rough', 0.11, 1, ['hsl', 75, 110, 0.2, 0.5, 0.5, 0.75]]], aubergines: [1.2, ['stick', 0.05, 1.6, ['hsl', 270, 300, 0.25, 0.5, 0.12, 0.28]]],
  carrots: [1.2, ['stick', 0.028, 2.4, ['hsl', 8, 26, 0.7, 0.95, 0.42, 0.56]]], coconuts: [1, ['rough', 0.1, 1.1, ['hsl', 60, 110, 0.25, 0.6, 0.25, 0.45]]],
  peanuts: [1, ['rough', 0.022, 1.3, ['hsl', 28, 40, 0.35, 0.55, 0.45, 0.62]]], flowers: [1.2, ['leaf', 0.05, 0.8, ['any', 0.6, 1, 0.45, 0.7]]],
  corn: [1, ['stick', 0.04, 2.2, ['hsl', 45, 90, 0.5, 0.85, 0.42, 0.62]]], fried: [1.2, ['rough', 0.035, 1, ['hsl', 24, 38, 0.55, 0.85, 0.32, 0.5]]],
};
const WARES = {
  packets: [2, ['box', 0.07, [1, 0.3, 1.3], 'mixed']], bottles: [1.6, ['bottle', 0.12, [0.5, 1, 0.5], 'mixed']], toys: [1.2, ['rough', 0.08, [1, 1, 1], 'mixed']],
  shoes: [1.2, ['ball', 0.09, [1.5, 0.5, 0.6], 'dark']], clothesHeap: [2, ['leaf', 0.16, [1.2, 0.4, 1], 'mixed']], books: [1, ['box', 0.1, [1, 0.18, 1.35], 'mixed']],
  parcels: [1, ['box', 0.12, [1, 0.7, 1], 'carton']], pots: [1, ['ball', 0.12, [1, 0.7, 1], 'metal']], bags: [1, ['rough', 0.16, [1, 1, 0.6], 'mixed']], bangles: [0.8, ['ring', 0.045, [1, 1, 1], 'mixed']], sacks: [1, ['rough', 0.22, [1, 0.9, 0.8], 'sack']],
};

function tint(rng, how) {
  if (Array.isArray(how)) return how[0] === 'any' ? rng.hsl(0, 360, ...how.slice(1)) : rng.hsl(...how.slice(1));
  if (how === 'dark') return rng.hsl(0, 360, 0, 0.4, 0.06, 0.35);
  if (how === 'carton') return rng.hsl(24, 38, 0.25, 0.5, 0.4, 0.62);
  if (how === 'metal') return rng.chance(0.7) ? rng.hsl(200, 240, 0, 0.08, 0.45, 0.8) : rng.hsl(20, 40, 0.3, 0.6, 0.25, 0.5);
  if (how === 'sack') return rng.chance(0.6) ? rng.hsl(30, 48, 0.1, 0.35, 0.5, 0.8) : rng.hsl(0, 360, 0.1, 0.6, 0.4, 0.8);
  return rng.chance(0.25) ? rng.hsl(0, 360, 0, 0.1, 0.2, 0.95) : rng.hsl(0, 360, 0.25, 0.95, 0.25, 0.75);
}

// A mound over w x d, `h` high at the middle, of pieces of one kind.
export function mound(rng, w, d, h, kind, y = 0) {
  const [name, size0, stretch, how] = kind, size = size0 * rng.range(0.85, 1.3), mean = tint(rng, how), g = group();
  const single = Array.isArray(how) && rng.chance(0.75), n = Math.min(210, Math.max(4, Math.round((w * d * (1 + 1.6 * h / Math.max(w, d))) / (size * size * 3) * 1.7)));
  const items = [], sx = Array.isArray(stretch) ? stretch : [stretch, 1, 1], p = rng.range(1.3, 3);
  for (let i = 0; i < n; i++) {
    const x = rng.range(-1, 1), z = rng.range(-1, 1), k = Math.max(0, 1 - Math.max(Math.abs(x), Math.abs(z)) ** p), t = rng.range(0.75, 1.15);
    items.push({ at: [x * w * 0.5, y + size * sx[1] * 0.7 + h * k * rng.range(0.85, 1), z * d * 0.5], size: sx.map((s) => size * s * t), turn: [rng.range(-0.6, 0.6), rng.range(0, 6.28), rng.range(-0.6, 0.6)], color: single && rng.chance(0.6) ? mean : tint(rng, how), shade: rng.range(0.7, 1.12) * (0.75 + 0.3 * k) });
  }
  const base = lump(rng, w * 0.47, h * 0.8 + 0.02, d * 0.47, mean, 0, y, 0, 2, 0.1);
  base.material = flat(darker(mean));
  g.add(base, many(name, items));
  return g;
}
const darker = (n) => ((((n >> 16) & 255) * 0.5) << 16) | ((((n >> 8) & 255) * 0.5) << 8) | ((n & 255) * 0.5);

const all = { ...FRUIT, ...WARES };
export const anyGoods = (rng, food = rng.chance(0.7)) => variant(rng, 'goods', food ? FRUIT : WARES)[1];

// Fills a surface of w x d at height y with one to six fields of goods, some in trays.
export function spread(rng, w, d, y, { food = rng.chance(0.7), height = rng.range(0.06, 0.4), cards = 0.35 } = {}) {
  const g = group(), nx = Math.max(1, Math.min(5, Math.round(w / rng.range(0.35, 1.2)))), nz = d > 0.6 && rng.chance(0.45) ? 2 : 1;
  const cuts = [0]; for (let i = 1; i < nx; i++) cuts.push(i / nx + rng.range(-0.2, 0.2) / nx); cuts.push(1);
  for (let i = 0; i < nx; i++) for (let j = 0; j < nz; j++) {
    if (rng.chance(0.05)) continue;
    const fw = (cuts[i + 1] - cuts[i]) * w, fd = d / nz, x = (cuts[i] + cuts[i + 1] - 1) * 0.5 * w, z = ((j + 0.5) / nz - 0.5) * d;
    const tray = rng.int(0, 3), h = Math.min(height * rng.range(0.5, 1.2), Math.min(fw, fd) * 0.7);
    if (tray === 0) g.add(tub(rng, fw * 0.96, fd * 0.94, 0.12, x, y, z));
    const m = mound(rng, fw * 0.92, fd * 0.9, h, anyGoods(rng, food), tray === 0 ? 0.07 : 0);
    m.position.set(x, y, z);
    g.add(m);
    if (rng.chance(cards)) g.add(priceCard(rng, x, y + h + 0.08, z + fd * 0.2));
  }
  return g;
}

function tub(rng, w, d, h, x, y, z) {
  const c = rng.pick([0x7a5a38, 0x2a5aa0, 0xa84a28, 0x3a7a44, 0xc8c4ba, 0x4a4640, 0x9a7a4a]), g = group(box(w, 0.02, d, c, x, y, z));
  for (const s of [-1, 1]) g.add(box(w, h, 0.02, c, x, y, z + (s * d) / 2), box(0.02, h, d, c, x + (s * w) / 2, y, z));
  return g;
}
export function crate(rng, w, d, h, filled = rng.chance(0.6)) {
  const g = tub(rng, w, d, h, 0, 0, 0);
  if (filled) g.add(mound(rng, w * 0.9, d * 0.9, h * 0.35, anyGoods(rng, true), h * 0.75));
  return g;
}

// Goods on a line or a rail of length w, hanging from height y: clothes, bags, garlands, snacks.
export function hanging(rng, w, y, drop = rng.range(0.35, 1.0)) {
  const g = group(), [kind] = variant(rng, 'goods', { clothes: [3, 0], snacks: [1.5, 0], garlands: [1, 0], handbags: [1, 0], scarves: [1, 0] }), items = [];
  const step = kind === 'snacks' || kind === 'garlands' ? 0.11 : rng.range(0.14, 0.4);
  for (let x = -w / 2 + step / 2; x < w / 2; x += step * rng.range(0.8, 1.2)) {
    const h = drop * rng.range(0.7, 1.1), color = tint(rng, 'mixed'), shade = rng.range(0.75, 1.05);
    if (kind === 'clothes') {
      items.push({ at: [x, y - h / 2, rng.range(-0.05, 0.05)], size: [step * 0.46, h / 2, 0.03], turn: [0, rng.range(-0.5, 0.5), 0], color, shade });
      if (rng.chance(0.5)) items.push({ at: [x, y - h * 0.22, 0], size: [step * 0.62, h * 0.16, 0.035], turn: [0, 0.1, 0], color, shade });
    } else if (kind === 'scarves') items.push({ at: [x, y - h / 2, 0], size: [step * 0.3, h / 2, 0.02], turn: [0, rng.range(-1, 1), rng.range(-0.05, 0.05)], color, shade });
    else for (let k = 0; k * 0.16 < h; k++) items.push({ at: [x, y - 0.08 - k * 0.16, rng.range(-0.04, 0.04)], size: kind === 'handbags' ? [0.13, 0.12, 0.06] : [0.05, 0.07, 0.02], turn: [0, rng.range(-0.6, 0.6), rng.range(-0.1, 0.1)], color: kind === 'garlands' ? color : tint(rng, 'mixed'), shade });
  }
  g.add(many('box', items), rod([-w / 2, y, 0], [w / 2, y, 0], 0.012, 0x77726a));
  return g;
}

export function sack(rng, k = 1) { return group(lump(rng, 0.26 * k, 0.4 * k, 0.24 * k, tint(rng, 'sack'), 0, 0.32 * k, 0, 2, 0.16)); }
export function bucket(rng) { return group(cyl(0.16, 0.12, 0.28, rng.hsl(0, 360, 0.3, 0.9, 0.3, 0.6), 0, 0, 0, 12), cyl(0.145, 0.145, 0.01, 0x22201c, 0, 0.275, 0, 12)); }
export const goodsKinds = Object.keys(all);
