// Composed pictures as scenes: which objects stand where on the ground of a photograph.
// Knows the photograph only by its size and hints; runs outside a browser too.
import { Rng } from './rng.js';
import { Layout } from './layout.js';
import { saltTextures } from './scene/canvas.js';
import { bin } from './scene/bins.js';
import { garbagePile } from './scene/waste.js';
import { vehicle } from './scene/vehicles.js';
import { stall } from './assets/stalls.js';
import { board, facadeBoard, curvedScreen } from './assets/boards.js';
import { decoy } from './assets/decoys.js';
import { figure } from './assets/figures.js';
import { useSplit } from './assets/variants.js';
import { claims } from './labels.js';

// `hint`: { horizon: [a, b], floor, near, height: [m, m], wall: [m, m], far, whole } in shares of the picture and metres.
export function guessCamera(rng, width, height, hint = {}) {
  const hfov = rng.range(38, 72), ty = Math.tan((hfov * Math.PI) / 360) * (height / width);
  const horizon = rng.range(...(hint.horizon ?? [0.25, 0.6]));
  const pitch = (Math.atan((0.5 - horizon) * 2 * ty) * 180) / Math.PI;
  return { x: 0, y: rng.range(...(hint.height ?? (rng.chance(0.75) ? [1.35, 2.4] : [2.4, 6]))), z: 0, azimuth: 0, pitch, hfov, width, height, horizon };
}

// A board on the facade plane that the hint puts `wall` metres away.
function onWall(l, rng, wall) {
  const w = rng.range(1.5, 7), h = rng.chance(0.3) ? w * rng.range(1, 1.8) : w * rng.range(0.3, 0.75);
  const g = rng.chance(0.85) ? facadeBoard(rng, w, h) : curvedScreen(rng, w, h), x = rng.range(-0.7, 0.7) * wall * l.b.tx;
  g.position.set(x, rng.range(2.2, 7), -wall);
  g.rotation.y = rng.range(-0.12, 0.12);
  l.scene.add(g);
  l.labelled.push(...claims(g));
}

// How many of each; weights by what the photograph's labels can count.
function plan(rng, counts) {
  const pick = (w) => rng.weighted(w.map((x, i) => [x, i])), extra = counts.includes(5) ? 1 : 0;
  return {
    stalls: extra ? pick([0.3, 0.42, 0.2, 0.08]) : 0, boards: counts.includes(4) ? pick([0.4, 0.45, 0.15]) : 0, wallBoards: counts.includes(4) ? pick([0.8, 0.2]) : 0,
    over: pick(counts.includes(0) ? [0.5, 0.4, 0.1] : [0.9, 0.1]), bins: pick(counts.includes(1) ? [0.5, 0.3, 0.2] : [0.85, 0.15]), piles: pick(counts.includes(2) ? [0.6, 0.3, 0.1] : [0.9, 0.1]),
    decoys: pick([0.3, 0.4, 0.2, 0.1]), people: pick([0.4, 0.3, 0.2, 0.1]), vehicles: pick([0.7, 0.25, 0.05]),
  };
}

export function composeOnto(seed, split, photo) {
  saltTextures(split);
  useSplit(split);
  const rng = new Rng(`${split}/composed/${seed}`), cam = guessCamera(rng.fork('camera'), photo.width, photo.height, photo.hint);
  const l = new Layout(rng.fork('places'), cam), top = Math.max(0.02, Math.min(0.96, cam.horizon)), far = photo.hint?.far ?? 0.07, floor = photo.hint?.floor ?? 0, n = plan(rng.fork('plan'), photo.counts);
  const times = (key, f) => { const r = rng.fork(key); for (let i = 0; i < n[key]; i++) f(r, i); };
  const near = [Math.max(floor, Math.min(0.97, top + far + 0.03)), photo.hint?.near ?? 1.06], wide = [Math.max(floor, Math.min(0.96, top + far * 0.6)), photo.hint?.near ?? 1.02];
  // what looks alike stands as near as the real thing, or size alone would tell them apart
  const close = [near[0] + (near[1] - near[0]) * 0.35, near[1]], reach = (r, i) => (i || r.chance(0.4) ? wide : close);
  times('stalls', (r, i) => l.addRow(Array.from({ length: r.chance(0.2) ? r.int(2, 3) : 1 }, () => stall(r)), ...reach(r, i)));
  times('boards', (r) => (r.chance(photo.hint?.wall ? 0.9 : 0.45) ? l.add(board(r, null, true), ...wide) : l.add(board(r), Math.min(0.95, top + 0.015), Math.min(0.97, top + far * 1.5))));
  if (photo.hint?.wall) times('wallBoards', (r) => onWall(l, r, r.range(...photo.hint.wall)));
  times('over', (r) => l.add(bin(r, { fill: 'over' }), ...wide));
  times('bins', (r) => l.add(bin(r, { fill: r.chance(0.7) ? 'closed' : 'open' }), ...wide));
  times('piles', (r) => l.add(garbagePile(r), ...wide));
  times('decoys', (r, i) => l.add(decoy(r), ...reach(r, i)));
  times('vehicles', (r, i) => l.add(vehicle(r), ...reach(r, i), { turn: (r.sign() * Math.PI) / 2 + r.range(-0.3, 0.3) }));
  times('people', (r) => l.add(figure(r, r.chance(0.5) ? 'walk' : 'stand'), ...near, { closest: 4.5 }));
  const light = composedLight(new Rng(`${split}/light/${seed}`));
  return { scene: l.scene, cam, labelled: l.labelled, light, rng: rng.fork('pixels') };
}

export function composedLight(r) {
  if (r.chance(0.12)) return { night: true, sunny: false, sun: 0.12, sky: r.range(0.2, 0.7), elevation: 60, heading: r.f(), warm: 0.1, shadow: 0.15, contact: 0.6, glow: r.range(0.9, 1.8) };
  const sunny = r.chance(0.5);
  return { sunny, sun: sunny ? r.range(1.6, 3.4) : r.range(0.12, 0.7), sky: sunny ? r.range(0.8, 1.7) : r.range(1.5, 2.4), elevation: r.range(25, 80), heading: r.range(0, 6.28), warm: r.range(0, 0.25), shadow: sunny ? r.range(0.3, 0.6) : r.range(0.12, 0.35), contact: r.range(0.35, 0.75), glow: r.chance(0.3) ? r.range(0.2, 0.6) : 0 };
}
