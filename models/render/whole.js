// A whole rendered street as a scene from one seed: camera, street, objects, light, weather.
// Runs outside a browser too; draws nothing.
import * as THREE from 'three';
import { Rng } from './rng.js';
import { Layout } from './layout.js';
import { saltTextures } from './scene/canvas.js';
import { street } from './scene/street.js';
import { bin, binRow } from './scene/bins.js';
import { garbagePile, scatter } from './scene/waste.js';
import { vehicle } from './scene/vehicles.js';
import { bake, cyl, rod, group, ball, glowing } from './scene/prims.js';
import { stall } from './assets/stalls.js';
import { board, facadeBoard, curvedScreen, roofBoard } from './assets/boards.js';
import { decoy } from './assets/decoys.js';
import { figure } from './assets/figures.js';
import { SKIN } from './assets/skins.js';
import { useSplit } from './assets/variants.js';
import { claims } from './labels.js';
import { randomLight } from './light.js';
import { randomSoil } from './weather.js';

const SIZES = [[4, [640, 360]], [3, [640, 480]], [2, [480, 640]], [2, [640, 428]], [1, [360, 640]], [1, [576, 576]]];

// Phone at eye level, car, or pole; looks along the street or at one of its sides.
export function pickCamera(rng, R, P) {
  const kind = rng.weighted([[4.5, 'phone'], [1.5, 'car'], [4, 'pole']]), [width, height] = rng.weighted(SIZES), side = rng.sign();
  const y = { phone: rng.range(1.35, 2.3), car: rng.range(1.3, 2.6), pole: rng.range(3.5, 8) }[kind], along = kind === 'car' || rng.chance(0.55);
  const z = kind === 'car' ? rng.range(-0.6, 0.6) * R : kind === 'pole' ? side * (R + rng.range(-0.3, 0.6) * P) : side * rng.range(0, R + P * 0.8);
  const azimuth = along ? 90 + rng.range(-35, 35) : (z > 0 ? 0 : 180) + rng.range(-60, 60);
  const pitch = kind === 'pole' ? rng.range(8, 30) : rng.range(-9, 12), wide = rng.range(kind === 'pole' ? 45 : 38, rng.chance(0.15) ? 100 : 74);
  return { kind, x: 0, y, z, azimuth, pitch, hfov: width < height ? wide * 0.75 : wide, width, height };
}

function wires(rng, R, P) {
  const g = group();
  for (const s of [-1, 1]) for (let x = -60 + rng.range(0, 20); x < 60; x += rng.range(18, 32)) {
    const z = s * (R + rng.range(0.2, 0.6)), h = rng.range(6, 9);
    g.add(cyl(0.09, 0.13, h, rng.chance(0.5) ? 0x6a665c : 0x4a3a2c, x, 0, z, 8), rod([x, h - 0.5, z - 0.7], [x, h - 0.5, z + 0.7], 0.04, 0x4a443c));
    for (let i = 0; i < 3; i++) g.add(rod([x, h - 0.4, z + (i - 1) * 0.5], [x + 25, h - rng.range(0.3, 1.4), z + (i - 1) * 0.5], 0.012, 0x141414, 3), ...(rng.chance(0.3) ? [rod([x, h - 0.8, z], [x + rng.range(-6, 6), rng.range(4, 7), -z], 0.012, 0x141414, 3)] : []));
  }
  return bake(g);
}

function build(rng) {
  const R = rng.range(2.2, 7), P = rng.range(2.2, 6.5), kinds = [[5, 'shops'], [2, 'homes'], [1.5, 'wall'], [2.2, 'open']], sides = { [-1]: rng.weighted(kinds), 1: rng.weighted(kinds) };
  const low = rng.chance(0.3), heights = low ? [6, 8.5] : [6.5, 26];
  const made = street(rng.fork('street'), { R, P, sides, trees: [rng.chance(0.4), rng.chance(0.4)], lamps: rng.chance(0.7), signDensity: rng.pick([0.1, 0.5, 0.85, 0.95]), boards: false, avoid: [[-7, 7, -1], [-7, 7, 1]], length: 150, heights, skin: SKIN });
  return { R, P, sides, low, heights, made };
}

// Boards on the fronts and roofs of the buildings that the camera looks at.
function onBuildings(l, rng, { R, P, sides, low, heights }, cam) {
  const dir = Math.cos(((cam.azimuth - 90) * Math.PI) / 180) >= 0 ? 1 : -1;
  for (let i = rng.weighted([[3, 0], [2.5, 1], [1.5, 2], [0.7, 4]]); i > 0; i--) {
    const s = rng.sign();
    if (sides[s] === 'open') continue;
    const w = rng.range(1.5, 9), h = rng.chance(0.3) ? w * rng.range(1, 1.8) : w * rng.range(0.3, 0.75), roof = low && rng.chance(0.5);
    const g = roof ? roofBoard(rng) : rng.chance(0.88) ? facadeBoard(rng, w, h) : curvedScreen(rng, w, h), wallOnly = sides[s] === 'wall';
    g.position.set(dir * rng.range(2, 45), roof ? heights[1] : wallOnly ? rng.range(0.4, 1) : rng.range(3, 7), s * (R + P - 0.05));
    if (wallOnly) g.scale.setScalar(Math.min(1, 1.8 / h));
    g.rotation.y = s < 0 ? 0 : Math.PI;
    l.scene.add(g);
    l.labelled.push(...claims(g));
  }
}

// A wall of light over the shops across the street: as wide as the house, often cut by the frame.
function lightWall(l, rng, { R, P, sides }, cam) {
  const s = Math.cos((cam.azimuth * Math.PI) / 180) >= 0 ? -1 : 1, w = rng.range(7, 24), h = w * rng.range(0.3, 0.75);
  const g = rng.chance(0.65) ? facadeBoard(rng, w, h, true) : curvedScreen(rng, w, h), set = sides[s] === 'open' ? 12 : 0.1;
  g.position.set(cam.x + rng.range(-0.4, 0.4) * w, rng.range(3, 7), s * (R + P + set - 0.15));
  g.rotation.y = s < 0 ? 0 : Math.PI;
  l.scene.add(g);
  l.labelled.push(...claims(g));
}

function counts(rng, focus) {
  const n = (...w) => rng.weighted(w.map((x, i) => [x, i]));
  return {
    stalls: focus === 'stalls' ? n(0, 0.4, 0.35, 0.15, 0.1) : n(0.45, 0.35, 0.2), boards: focus === 'boards' ? n(0, 0.5, 0.35, 0.15) : n(0.5, 0.35, 0.15),
    over: focus === 'bins' ? n(0.2, 0.5, 0.3) : n(0.6, 0.3, 0.1), bins: focus === 'bins' ? n(0.1, 0.4, 0.3, 0.2) : n(0.5, 0.3, 0.2), rows: n(0.85, 0.15), piles: focus === 'bins' ? n(0.4, 0.4, 0.2) : n(0.7, 0.2, 0.1),
    decoys: n(0.15, 0.3, 0.3, 0.15, 0.1), parked: n(0.35, 0.3, 0.2, 0.15), moving: n(0.4, 0.3, 0.2, 0.1), people: rng.int(0, 10), litter: n(0.7, 0.3),
  };
}

export function compose(seed, split) {
  saltTextures(split);
  useSplit(split);
  const rng = new Rng(`${split}/whole/${seed}`), b = build(rng.fork('build')), { R, P, sides, made } = b, cam = pickCamera(rng.fork('camera'), R, P);
  const wall = rng.fork('wall'), lit = wall.chance(0.12), dark = lit && wall.chance(0.8);
  if (lit) Object.assign(cam, { azimuth: (cam.z > 0 ? 0 : 180) + wall.range(-40, 40), pitch: wall.range(-14, 5) });
  const depth = (z) => (sides[Math.sign(z) || 1] === 'open' ? 12 : 0), l = new Layout(rng.fork('places'), cam, (x, z, r) => Math.abs(z) < R + P + depth(z) - Math.min(r, P * 0.45) * 0.8);
  const walk = (x, z) => Math.abs(z) > R * 0.75;
  l.scene.add(made.root);
  l.labelled.push(...made.signs);
  if (rng.chance(0.5)) l.scene.add(wires(rng.fork('wires'), R, P));
  const top = 0.5 - Math.tan((cam.pitch * Math.PI) / 180) / (2 * Math.tan((cam.hfov * Math.PI) / 360) * (cam.height / cam.width)), row = (d) => Math.max(0.02, Math.min(0.97, top + d));
  const near = [row(0.16), 1.06], wide = [row(0.05), 1.02], far = [row(0.015), row(0.14)];
  const focus = rng.weighted([[5, 'stalls'], [3.2, 'boards'], [1.6, 'bins'], [0.8, 'none']]), n = counts(rng.fork('counts'), focus), bulbs = [];
  const times = (key, f) => { const r = rng.fork(key); for (let i = 0; i < n[key]; i++) f(r, i); };
  const toRoad = (p) => (p[1] < 0 ? 0 : Math.PI), facing = (r) => (p) => (r.chance(0.55) ? toRoad(p) + r.range(-0.2, 0.2) : r.range(0, 6.28));
  const only = (f, go) => { const was = l.allowed; l.allowed = (x, z, r) => was(x, z, r) && f(x, z); go(); l.allowed = was; };
  times('stalls', (r, i) => only(r.chance(0.8) ? walk : () => true, () => {
    const row = Array.from({ length: r.chance(0.25) ? r.int(2, 4) : 1 }, () => stall(r));
    const p = l.addRow(row, ...(i === 0 && r.chance(0.65) ? near : wide), { turn: facing(r) });
    if (p && r.chance(0.7)) bulbs.push([p[0], r.range(2.6, 3.6), p[1]]);
  }));
  times('boards', (r) => (r.chance(0.5) ? only(walk, () => l.add(board(r, null, true), ...wide)) : l.add(board(r), ...far)));
  if (lit) lightWall(l, wall, b, cam);
  onBuildings(l, rng.fork('facades'), b, cam);
  times('over', (r) => only(walk, () => l.add(bin(r, { fill: 'over' }), ...wide, { turn: facing(r) })));
  times('bins', (r) => only(walk, () => l.add(bin(r, { fill: r.chance(0.7) ? 'closed' : 'open' }), ...wide, { turn: facing(r) })));
  times('rows', (r) => only(walk, () => {
    const row1 = binRow(r, r.int(2, 5), r.pick([0, 0.3, 0.6])), p = l.spot(row1.length * 0.45, ...wide);
    if (p) for (const o of row1) { const k = toRoad(p), x = o.position.x - row1.length * 0.4; l.put(o, [p[0] + Math.cos(k) * x, p[1]], k + r.range(-0.1, 0.1)); }
  }));
  times('piles', (r) => only(walk, () => l.add(garbagePile(r), ...wide)));
  times('decoys', (r) => only(r.chance(0.6) ? walk : () => true, () => l.add(decoy(r), ...wide, { turn: facing(r), closest: 3 })));
  const lane = (r) => (p) => (p[1] > 0 ? Math.PI : 0) + r.range(-0.15, 0.15), road = (x, z) => Math.abs(z) < R - 0.9;
  times('parked', (r) => l.add(vehicle(r), ...wide, { turn: lane(r), closest: 4 }));
  times('moving', (r) => only(road, () => l.add(vehicle(r), ...wide, { turn: lane(r), closest: 5 })));
  times('people', (r) => l.add(figure(r, r.chance(0.6) ? 'walk' : 'stand'), ...wide, { closest: 2.8 }));
  times('litter', (r) => l.add(Object.assign(bake(scatter(r, 4, 2, 0, 8), r), { userData: { radius: 1 } }), ...wide));
  for (const [x, y, z] of bulbs) l.scene.add(bake(group(glowing(ball(0.05, 0.06, 0.05, 0xfff4d8, x, y, z), 2))));
  const above = sky(rng, dark ? 'night' : null);
  if (dark) above.post.exposure *= wall.range(0.3, 0.75); // the camera meters for the bright wall
  return { ...above, scene: l.scene, cam, labelled: l.labelled, lampSpots: [...bulbs.map(([x, y, z]) => [x, y + 1.2, z]), ...made.lampSpots], ground: made.root, width: cam.width, height: cam.height, focus, rng: rng.fork('grain') };
}

// Light, weather and lens of a picture; `asked` sets the time of day.
export function sky(rng, asked = null) {
  const r = rng.fork('weather'), drawn = r.weighted([[4, 'noon'], [4, 'overcast'], [2, 'low'], [1.5, 'dusk'], [2.3, 'night']]), light = randomLight(rng.fork('light'), asked ?? drawn);
  const night = light.name === 'night' || light.name === 'dusk', rain = r.chance(0.1), wet = rain || r.chance(0.15) ? r.range(0.35, 0.95) : 0, fog = r.chance(0.12);
  if (fog) light.fog = r.range(0.02, 0.06);
  if (rain) light.sun *= 0.2;
  light.fog = Math.max(1e-5, light.fog);
  light.sun = Math.max(0.11, light.sun); // a sun that casts no shadow is another set of programs
  if (night) { light.sky *= r.range(1.3, 3); light.lampPower *= r.range(0.5, 1.5); }
  return {
    light, wet, soil: randomSoil(rng.fork('soil')), clouds: r.f(), skySeed: r.int(0, 1e6),
    post: {
      exposure: (r.chance(0.08) ? r.range(1.8, 2.3) : r.range(1.0, 1.7)) * (light.name === 'night' ? 1.6 : light.name === 'dusk' ? 1.4 : 1), rain: rain ? r.range(0.3, 1) : 0, bloom: night ? r.range(0.3, 0.9) : r.chance(0.15) ? r.range(0.1, 0.3) : 0,
      blur: r.chance(0.4) ? r.range(0.2, 1.2) : 0, motion: r.chance(0.1) ? r.range(1, 4) : 0, shrink: r.chance(0.3) ? r.range(0.45, 0.85) : 1, sharpen: r.chance(0.35), warm: r.range(-0.09, 0.09), haze: r.chance(0.2) ? r.range(0.05, 0.3) : 0,
      brightness: r.range(0.85, 1.15), contrast: r.range(0.85, 1.2), saturate: r.range(0.5, 1.2), vignette: r.chance(0.4) ? r.range(0.1, 0.45) : 0, noise: r.chance(0.55) ? r.range(1, night ? 18 : 9) : 0, quality: r.range(0.45, 0.93),
    },
  };
}
