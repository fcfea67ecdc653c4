// The street itself: road, kerbs, pavements, markings, facades with shops, trees, lamps.
// It runs along x; the road is |z| < R, the pavements R..R+P, the facades stand behind.
import * as THREE from 'three';
import { group, box, cyl, lump, panel, tiled, bake, at, glowing, rod } from './prims.js';
import { asphalt, paving, grass, facade, plainWall, shopFront } from './textures.js';
import { fascia, projecting, wallBoard, roofBoard } from './boards.js';

export const LENGTH = 170;
export const PLAIN_SKIN = { asphalt, paving, grass, facade, plainWall, shopFront };

function ground(w, d, tex, tile, x, y, z) {
  const m = tiled(w, d, tex, tile, tile, x, 0, z);
  m.rotation.x = -Math.PI / 2;
  m.position.y = y;
  return m;
}

function markings(rng, R, length) {
  const g = group(), yellow = 0xd8a820, white = 0xe2e2de, ink = rng.chance(0.5) ? yellow : white;
  if (rng.chance(0.85)) {
    if (rng.chance(0.4)) for (const s of [-1, 1]) g.add(box(length, 0.008, 0.12, ink, 0, 0, s * 0.12));
    else for (let x = -length / 2; x < length / 2; x += 6) g.add(box(3, 0.008, 0.14, ink, x, 0, 0));
  }
  if (R > 5) for (const s of [-1, 1]) for (let x = -length / 2; x < length / 2; x += 6) g.add(box(2.5, 0.008, 0.12, white, x, 0, s * R * 0.52));
  if (rng.chance(0.5)) for (const s of [-1, 1]) g.add(box(length, 0.008, 0.1, white, 0, 0, s * (R - 0.4)));
  if (rng.chance(0.35)) {
    const x0 = rng.range(-20, 20);
    for (let z = -R + 0.5; z < R - 0.3; z += 0.9) g.add(box(3.5, 0.009, 0.45, white, x0, 0, z));
  }
  return g;
}

// One building, front at z = 0 facing +z, from x = 0 to w; signs are collected in `out`.
function building(rng, w, h, shops, out, hooks) {
  const g = group(), D = 10, base = shops ? 3.9 : 0, { facade, plainWall, shopFront } = hooks.skin ?? PLAIN_SKIN, tex = facade(rng.int(0, 60)), tile = rng.range(5, 8);
  g.add(box(w, h, D, 0x8a867e, w / 2, 0, -D / 2 - 0.02));
  g.add(tiled(w, h - base, tex, tile, tile * 0.85, w / 2, base, 0));
  for (const [x, r] of [[-0.01, -1], [w + 0.01, 1]]) { const s = tiled(D, h, rng.chance(0.5) ? tex : plainWall(rng.int(0, 20)), tile, tile, x, 0, -D / 2); s.rotation.y = (r * Math.PI) / 2; g.add(s); }
  g.add(box(w + 0.2, 0.35, 0.3, 0xa09c92, w / 2, h - 0.1, 0));
  for (let i = 0; i < w / 5; i++) if (rng.chance(0.4)) g.add(box(0.8, 0.55, 0.35, 0xdad8d0, rng.range(0.8, w - 0.8), base + rng.range(0.6, Math.max(0.8, Math.min(h - base - 1, 9))), 0.18));
  if (shops) {
    g.add(tiled(w, base, plainWall(rng.int(0, 20)), 3, 3, w / 2, 0, 0.01));
    const n = Math.max(1, Math.round(w / rng.range(3.8, 5.8))), sw = w / n, uniform = rng.chance(0.3), fh = rng.range(0.65, 1.15);
    for (let i = 0; i < n; i++) {
      g.add(panel(sw - 0.3, 2.7, shopFront(rng.int(0, 80)), sw * (i + 0.5), 0, 0.05, { glow: 0.55 }));
      if (rng.chance(0.2)) { const a = box(sw - 0.4, 0.05, 1.2, rng.hsl(0, 360, 0.1, 0.65, 0.35, 0.7), sw * (i + 0.5), 2.62, 0.6); a.rotation.x = 0.25; g.add(a); }
      if (rng.chance(hooks.signDensity)) { const f = fascia(rng, sw - (uniform ? 0.15 : rng.range(0.1, 0.8)), uniform ? fh : rng.range(0.6, 1.2), rng.int(0, 160)); f.position.set(sw * (i + 0.5), 2.78, 0.02); g.add(f); out.push(f); }
      if (rng.chance(hooks.signDensity * 0.25)) { const p = projecting(rng, rng.int(0, 160)); p.position.set(sw * (i + rng.range(0.1, 0.9)), rng.range(3.9, 4.6), 0.02); g.add(p); out.push(p); }
    }
  } else for (let x = 2; x < w - 1; x += rng.range(4, 8)) g.add(box(1.4, 2.3, 0.06, rng.pick([0x4a3a2c, 0x3a4a5a, 0x6a6a6a]), x, 0, 0));
  if (hooks.wallBoards && rng.chance(0.3) && h > 9 && w > 8) { const b = wallBoard(rng, rng.int(0, 400), rng.range(3, Math.min(7, w - 2))); b.position.set(w / 2, Math.max(base, 3) + 0.5, 0.03); g.add(b); out.push(b); }
  if (hooks.roofBoards && rng.chance(0.4) && h < 11 && w > 9) { const b = roofBoard(rng, rng.int(0, 400)); b.position.set(w / 2, h, -0.6); g.add(b); out.push(b); }
  bake(g);
  return g;
}

export function tree(rng) {
  const h = rng.range(2.4, 3.8), g = group(cyl(0.1, 0.15, h, 0x5a4a3a, 0, 0, 0, 8)), c = rng.hsl(70, 130, 0.2, 0.45, 0.24, 0.42), k = rng.range(0.8, 1.3);
  for (let i = 0; i < 5; i++) g.add(lump(rng, k, k * 0.75, k, c, rng.range(-0.9, 0.9) * k, h + rng.range(0.2, 1.3) * k, rng.range(-0.9, 0.9) * k, 4, 0.28));
  g.add(box(1.1, 0.06, 1.1, 0x6a5a48));
  g.traverse((m) => { if (m.userData.jitter) m.userData.jitter = 0.45; });
  bake(g, rng);
  return g;
}

export function lampPost(rng, side, h = 7.5) {
  const g = group(cyl(0.07, 0.11, h, 0x8a8d90, 0, 0, 0, 8), rod([0, h - 0.1, 0], [0, h + 0.25, -side * 1.8], 0.045, 0x8a8d90));
  g.add(glowing(box(0.25, 0.1, 0.6, 0xfff2d0, 0, h + 0.16, -side * 1.9), 2));
  bake(g);
  g.userData.lamp = [0, h + 0.1, -side * 1.9];
  return g;
}

// `sides`: what stands behind each pavement, by sign of z: 'shops', 'homes', 'wall' or 'open'.
export function street(rng, { R, P, sides, trees = [true, true], lamps = true, signDensity = 0.8, boards = true, avoid = [], length = LENGTH, heights = [6.5, 26], skin = PLAIN_SKIN }) {
  const { asphalt, paving, grass, plainWall } = skin, root = group(), signs = [], lampSpots = [];
  const marks = bake(markings(rng.fork('marks'), R, length));
  root.add(ground(length * 1.6, 2 * R, asphalt(rng.int(0, 12)), rng.range(5, 9), 0, 0, 0), marks);
  const kerbs = group();
  for (const s of [-1, 1]) {
    const r = rng.fork(`side${s}`), kind = sides[s], edge = s * (R + P), tile = r.range(1.6, 4);
    root.add(ground(length * 1.6, P, paving(r.int(0, 24)), tile, 0, 0.004, s * (R + P / 2)));
    kerbs.add(box(length * 1.6, 0.1, 0.16, 0xa8a59c, 0, 0, s * R));
    if (r.chance(0.4)) kerbs.add(box(length * 1.6, 0.012, 0.32, 0xc8a030, 0, 0, s * (R + P * 0.5)));
    root.add(ground(length * 1.6, 45, kind === 'open' ? (r.chance(0.6) ? grass(r.int(0, 6)) : paving(r.int(0, 24))) : asphalt(3), 5, 0, 0.002, edge + s * 22.5));
    if (kind === 'shops' || kind === 'homes') {
      for (let x = -length / 2; x < length / 2;) {
        const w = r.range(8, 22), b = building(r, w, r.range(...heights), kind === 'shops' && r.chance(0.93), signs, { signDensity, wallBoards: boards, roofBoards: boards, skin });
        at(b, s < 0 ? x : x + w, 0, edge, s < 0 ? 0 : Math.PI);
        root.add(b);
        x += w + (r.chance(0.2) ? r.range(2, 5) : 0);
      }
    } else if (kind === 'wall') {
      const h = r.range(2, 3.2), wall = tiled(length, h, plainWall(r.int(0, 20)), 4, 3, 0, 0, edge);
      if (s > 0) wall.rotation.y = Math.PI;
      root.add(wall, bake(group(box(length, 0.12, 0.4, 0x8a867e, 0, h, edge + s * 0.15), box(length, h, 0.2, 0x8a867e, 0, 0, edge + s * 0.15))));
      if (boards) for (let x = -length / 2 + 8; x < length / 2; x += r.range(9, 30)) if (r.chance(0.35)) { const b = wallBoard(r, r.int(0, 400), r.range(2.2, 4.5), h * 0.62); at(b, x, h * 0.25, edge - s * 0.02, s < 0 ? 0 : Math.PI); root.add(b); signs.push(b); }
      for (let x = -length / 2; x < length / 2; x += r.range(12, 28)) root.add(at(building(r, r.range(9, 14), r.range(8, 22), false, signs, { signDensity: 0, skin }), x, 0, edge + s * 14, s < 0 ? 0 : Math.PI));
    } else {
      for (let i = 0; i < 9; i++) root.add(at(tree(r), r.range(-50, 50), 0, edge + s * r.range(8, 24)));
      for (let x = -length / 2; x < length / 2; x += r.range(14, 26)) root.add(at(building(r, r.range(9, 14), r.range(8, 26), false, signs, { signDensity: 0, skin }), x, 0, edge + s * 32, s < 0 ? 0 : Math.PI));
    }
    const free = (x) => avoid.every(([a, b, side]) => side !== s || x < a || x > b);
    if (trees[s < 0 ? 0 : 1]) for (let x = -48 + r.range(0, 8); x < 48; x += r.range(7, 12)) if (free(x)) root.add(at(tree(r), x, 0, s * (R + 0.8)));
    if (lamps) for (let x = -52 + r.range(0, 20); x < 60; x += 24) if (free(x)) { const l = lampPost(r, s); at(l, x, 0, s * (R + 0.45)); root.add(l); lampSpots.push([x, l.userData.lamp[1], s * (R + 0.45) - s * 1.9]); }
  }
  for (const x of [-1, 1]) root.add(at(building(rng, 60, 18, false, [], { signDensity: 0, skin }), x * length * 0.72, 0, -x * 30, (-x * Math.PI) / 2)); // closes the view along the road
  root.add(bake(kerbs));
  return { root, signs, lampSpots, R, P };
}
