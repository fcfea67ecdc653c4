// A small seeded random generator: the same seed always gives the same pictures.

// Mixes a text key into a 32-bit seed (FNV-1a), so that parts of a scene can draw
// from streams of their own and adding an object to one part leaves the others alone.
export function hash(key) {
  let h = 0x811c9dc5;
  for (const c of String(key)) h = Math.imul(h ^ c.codePointAt(0), 0x01000193) >>> 0;
  return h;
}

export class Rng {
  constructor(seed) {
    this.seed = String(seed);
    this.state = hash(this.seed);
  }
  // mulberry32
  f() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  range(a, b) { return a + (b - a) * this.f(); }
  int(a, b) { return Math.floor(this.range(a, b + 1)); }
  pick(list) { return list[Math.floor(this.f() * list.length)]; }
  chance(p) { return this.f() < p; }
  sign() { return this.f() < 0.5 ? -1 : 1; }
  // pick from [[weight, value], ...]
  weighted(pairs) {
    let t = this.f() * pairs.reduce((s, p) => s + p[0], 0);
    for (const [w, v] of pairs) if ((t -= w) <= 0) return v;
    return pairs[pairs.length - 1][1];
  }
  fork(key) { return new Rng(`${this.seed}/${key}`); }
  // an sRGB colour as 0xrrggbb from hue 0..360, saturation and lightness 0..1
  hsl(h0, h1, s0, s1, l0, l1) {
    return hsl(this.range(h0, h1), this.range(s0, s1), this.range(l0, l1));
  }
}

export function hsl(h, s, l) {
  const k = (n) => (n + (((h % 360) + 360) % 360) / 30) % 12;
  const a = s * Math.min(l, 1 - l);
  const c = (n) => Math.round(255 * (l - a * Math.max(-1, Math.min(k(n) - 3, Math.min(9 - k(n), 1)))));
  return (c(0) << 16) | (c(8) << 8) | c(4);
}

export const css = (n) => '#' + n.toString(16).padStart(6, '0');
