// One training picture from one seed: a street, a pole camera, objects, light, and boxes.
import * as THREE from 'three';
import { Rng } from './rng.js';
import { project, basis, lookAt, applyTo } from './camera.js';
import { saltTextures } from './scene/canvas.js';
import { street } from './scene/street.js';
import { bin, binRow } from './scene/bins.js';
import { garbagePile, scatter } from './scene/waste.js';
import { stall } from './scene/stalls.js';
import { billboard } from './scene/boards.js';
import { lookalike } from './scene/lookalikes.js';
import { person } from './scene/people.js';
import { vehicle } from './scene/vehicles.js';
import { Light, randomLight } from './light.js';
import { bake } from './scene/prims.js';

export const CLASSES = ['bin_overflow', 'bin_normal', 'garbage_pile', 'ad_sign', 'billboard', 'street_stall'];
const SIZES = [[6, [640, 360]], [3, [640, 480]], [1, [800, 450]]];

// Everything of the scene but the pixels; runs outside a browser too.
export function compose(seed, split) {
  saltTextures(split);
  const rng = new Rng(`${split}/${seed}`);
  const like = rng.chance(0.45); // framed like the demo clips
  const [width, height] = like ? [640, 360] : rng.weighted(SIZES);
  const R = rng.range(3.2, 7.2), P = rng.range(3, 6.5);
  const kinds = [[6, 'shops'], [1.5, 'homes'], [1.5, 'wall'], [2, 'open']];
  const sides = { [-1]: rng.weighted(kinds), 1: rng.weighted(kinds) };

  // The pole stands on one side; it aims at a pavement stretch on either.
  const own = rng.sign(), aimSide = rng.chance(0.6) ? own : -own, dir = rng.sign();
  const pole = [0, like ? rng.range(5.5, 8) : rng.range(4.5, 9), own * (R + rng.range(0.1, 0.8) - (rng.chance(0.25) ? rng.range(0, R) : 0))];
  const cam = lookAt(...pole, dir * rng.range(5, 16), aimSide * (R + rng.range(0, P)), like ? rng.range(58, 74) : rng.range(50, 85), width, height);
  cam.pitch = Math.min(like ? 27 : 32, Math.max(10, rng.range(0.6, 1.0) * cam.pitch));
  const b = basis(cam);

  const made = street(rng.fork('street'), { R, P, sides, trees: [rng.chance(0.4), rng.chance(0.4)], lamps: rng.chance(0.8), signDensity: rng.pick([0.2, 0.6, 0.85, 0.95]), boards: rng.chance(0.4), avoid: [[dir < 0 ? -9 : -4, dir < 0 ? 4 : 9, own]], length: 150 });
  const scene = new THREE.Scene(), labelled = [...made.signs], placed = [];
  scene.add(made.root);

  const inFrame = (x, y, z, m = 0.02) => {
    const p = project(cam, [x, y, z], b);
    return p.depth > 1 && p.u > m && p.u < 1 - m && p.v > m && p.v < 1 - m * 0.5;
  };
  const clear = (x, z, r) => placed.every(([a, c, q]) => Math.hypot(a - x, c - z) > r + q);
  // A free spot for a footprint of radius r in one of the `zones`, in view; null if none is found.
  const spot = (r2, radius, zones, near = 4, far = 40) => {
    for (let i = 0; i < 40; i++) {
      const s = r2.sign(), zone = r2.pick(zones), d = near + (far - near) * r2.f() ** 1.6, x = dir * d * r2.range(0.3, 1) + (i > 25 ? r2.range(-8, 8) : 0);
      const z = zone === 'walk' ? s * (R + r2.range(0.5, Math.max(0.6, P - radius)))
        : zone === 'back' ? s * (R + P - radius - 0.1)
          : zone === 'gutter' ? s * (R - radius - 0.1)
            : zone === 'lot' ? s * (R + P + r2.range(0.5, 9))
              : r2.range(-R + 1, R - 1);
      if (zone === 'lot' && sides[s] !== 'open') continue;
      const dist = Math.hypot(x - cam.x, z - cam.z);
      if (dist < near || dist > far || !inFrame(x, 0.3, z) || !clear(x, z, radius)) continue;
      placed.push([x, z, radius]);
      return { x, z, s };
    }
    return null;
  };
  const put = (r2, o, at, facing) => {
    o.position.set(at.x, 0, at.z);
    o.rotation.y = facing + r2.range(-0.15, 0.15);
    scene.add(o);
    for (const p of o.userData.people ?? []) {
      p.applyMatrix4(new THREE.Matrix4().makeRotationY(o.rotation.y));
      p.position.add(o.position);
      scene.add(p);
    }
  };
  const facingRoad = (s) => (s < 0 ? 0 : Math.PI);
  const facing = (r2, s) => (r2.chance(0.7) ? facingRoad(s) : r2.range(0, 6.28));
  // Make one object and find it a place; labelled if it carries a class.
  const add = (r2, o, zones, near, far, turn) => {
    const p = spot(r2, o.userData.radius, zones, near, far);
    if (!p) return;
    put(r2, o, p, turn ? turn(p) : facing(r2, p.s));
    if (o.userData.cls) labelled.push(o);
  };
  const many = (key, weights, f) => { const r2 = rng.fork(key); for (let i = r2.weighted(weights.map((w, n) => [w, n])); i > 0; i--) f(r2); };

  const [near, far] = like ? [7, 28] : [4, 40];
  many('billboards', [0.4, 0.4, 0.2], (r2) => add(r2, billboard(r2, r2.int(0, 400)), ['walk', 'back', 'lot', 'lot'], Math.max(near, 8), far + 8,
    (p) => Math.atan2(cam.x - p.x, cam.z - p.z) + r2.range(-0.9, 0.9)));
  many('stalls', [0.3, 0.36, 0.24, 0.1], (r2) => add(r2, stall(r2), ['walk', 'walk', 'walk', 'gutter', 'lot'], near, far));
  many('over', [0.3, 0.42, 0.28], (r2) => add(r2, bin(r2, { fill: 'over' }), ['walk', 'walk', 'back', 'gutter'], near, far));
  many('bins', [0.22, 0.36, 0.27, 0.15], (r2) => add(r2, bin(r2, { fill: r2.chance(0.7) ? 'closed' : 'open' }), ['walk', 'walk', 'back', 'gutter'], near, far));
  many('rows', [0.75, 0.25], (r2) => {
    const row = binRow(r2, r2.int(2, 5), r2.pick([0, 0.3, 0.6])), p = spot(r2, row.length * 0.45, ['walk', 'back'], near, far);
    if (!p) return;
    for (const o of row) { const k = facingRoad(p.s), x = o.position.x - row.length * 0.4; put(r2, o, { x: p.x + Math.cos(k) * x, z: p.z }, k); labelled.push(o); }
  });
  many('piles', [0.5, 0.34, 0.16], (r2) => add(r2, garbagePile(r2), ['walk', 'walk', 'back', 'gutter', 'lot'], near, far));
  many('lookalikes', [0.1, 0.25, 0.3, 0.2, 0.15], (r2) => {
    const o = lookalike(r2);
    add(r2, o, o.userData.kind === 'parcels' ? ['back'] : ['walk', 'walk', 'back', 'lot'], near, far);
  });
  many('parked', [0.3, 0.25, 0.2, 0.15, 0.1], (r2) => {
    const v = vehicle(r2), p = spot(r2, v.userData.radius, ['walk', 'road', 'road']);
    if (p) put(r2, v, { x: p.x, z: p.s * (R - v.userData.half - 0.15) }, r2.chance(0.5) ? 0 : Math.PI);
  });
  many('moving', [0.35, 0.25, 0.2, 0.2], (r2) => {
    const v = vehicle(r2), p = spot(r2, v.userData.radius, ['road']);
    if (p) put(r2, v, { x: p.x, z: p.s * Math.max(0.5, Math.min(R * 0.45, R - 1.2)) }, p.s > 0 ? 0 : Math.PI);
  });
  const r3 = rng.fork('people');
  for (let i = r3.int(0, 14); i > 0; i--) {
    const p = spot(r3, 0.3, ['walk', 'walk', 'walk', 'road', 'lot']);
    if (p) put(r3, person(r3, { pose: r3.chance(0.65) ? 'walk' : 'stand' }), p, r3.chance(0.7) ? (r3.sign() * Math.PI) / 2 : r3.range(0, 6.28));
  }
  if (rng.chance(0.25)) { const l = scatter(rng, 6, 3, 0, 8), p = spot(rng, 0.5, ['walk']); if (p) put(rng, bake(l, rng), p, 0); } // stray litter is no pile

  const light = randomLight(rng.fork('light'));
  const ahead = project(cam, [0, 0, 0], b) && [cam.x + b.forward[0] * 16, cam.z + b.forward[2] * 16];
  const post = {
    exposure: rng.range(1.05, 1.75) * (light.name === 'night' ? 1.5 : light.name === 'dusk' ? 1.2 : 1), blur: rng.chance(0.45) ? rng.range(0.2, 1.1) : 0,
    brightness: rng.range(0.9, 1.1), contrast: rng.range(0.85, 1.15), saturate: rng.range(0.65, 1.3), noise: rng.chance(0.5) ? rng.range(1, light.glow > 0.3 ? 18 : 9) : 0, quality: rng.range(0.7, 0.92),
  };
  return { scene, cam, labelled, light, focus: ahead, lampSpots: made.lampSpots, post, width, height, rng: rng.fork('grain') };
}

function corners(instanced) {
  if (!instanced.boundingBox) instanced.computeBoundingBox();
  const { min, max } = instanced.boundingBox;
  return [0, 1, 2, 3, 4, 5, 6, 7].map((k) => new THREE.Vector3(k & 1 ? max.x : min.x, k & 2 ? max.y : min.y, k & 4 ? max.z : min.z));
}

// The share of an object's extent that lies inside the frame: a lone post of a board
// whose face is out of the picture is not a board to anybody.
export function inside(cam, object) {
  const b = basis(cam), v = new THREE.Vector3();
  let x0 = 9, y0 = 9, x1 = -9, y1 = -9;
  object.updateMatrixWorld(true);
  object.traverse((m) => {
    if (!m.isMesh) return;
    const reach = (at) => {
      const q = project(cam, at.applyMatrix4(m.matrixWorld).toArray(), b);
      if (q.depth < 0.3) return;
      x0 = Math.min(x0, q.u); x1 = Math.max(x1, q.u); y0 = Math.min(y0, q.v); y1 = Math.max(y1, q.v);
    };
    if (m.isInstancedMesh) { for (const p of corners(m)) reach(v.copy(p)); return; }
    const p = m.geometry.attributes.position, step = Math.max(1, Math.floor(p.count / 400));
    for (let i = 0; i < p.count; i += step) reach(v.fromBufferAttribute(p, i));
  });
  const cut = (a, c) => Math.max(0, Math.min(1, c) - Math.max(0, a));
  return (cut(x0, x1) * cut(y0, y1)) / Math.max(1e-9, (x1 - x0) * (y1 - y0));
}

export async function renderPicture(stage, seed, split) {
  const s = compose(seed, split);
  const lights = new Light(s.scene, { lamps: s.light.lampPower > 0 });
  lights.set(s.light, s.focus, s.lampSpots);
  s.scene.traverse((m) => { if (m.isMesh) m.castShadow = m.receiveShadow = true; });
  stage.size(s.width, s.height);
  stage.renderer.toneMappingExposure = s.post.exposure;
  applyTo(stage.camera, s.cam);
  stage.renderer.render(s.scene, stage.camera);
  stage.finish({ ...s.post, rng: s.rng });
  const jpeg = await stage.jpeg(s.post.quality);
  const found = stage.boxes(s.scene, stage.camera, s.labelled, s.width, s.height).flatMap(({ object, hidden, box: [x0, y0, x1, y1] }) => {
    const bbox = [x0 * s.width, y0 * s.height, (x1 - x0) * s.width, (y1 - y0) * s.height].map(Math.round);
    return hidden <= 0.65 && inside(s.cam, object) >= 0.35 && bbox[2] >= 10 && bbox[3] >= 10 ? [{ category: CLASSES.indexOf(object.userData.cls), bbox }] : [];
  });
  stage.drop(s.scene);
  return { jpeg, width: s.width, height: s.height, light: s.light.name, found };
}
