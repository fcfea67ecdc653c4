// The demo clips in the page: builds the street of world.js and draws any camera at any time.
import * as THREE from 'three';
import { Rng } from './rng.js';
import { applyTo, project, basis } from './camera.js';
import { WORLD, CAMERAS, OBJECTS, SCENERY, PARKED, TREES, LAMPS } from './world.js';
import { saltTextures } from './scene/canvas.js';
import { street, tree, lampPost } from './scene/street.js';
import { bin } from './scene/bins.js';
import { stall } from './scene/stalls.js';
import { billboard } from './scene/boards.js';
import { lookalike } from './scene/lookalikes.js';
import { person, stride } from './scene/people.js';
import { vehicle } from './scene/vehicles.js';
import { at, group } from './scene/prims.js';
import { Light } from './light.js';
import { inside } from './pictures.js';

const smooth = (a, b, t) => { const k = Math.max(0, Math.min(1, (t - a) / (b - a))); return k * k * (3 - 2 * k); };
const SPAN = [-118, 128];
const wrap = (x) => SPAN[0] + ((((x - SPAN[0]) % (SPAN[1] - SPAN[0])) + SPAN[1] - SPAN[0]) % (SPAN[1] - SPAN[0]));

// The leaving tricycle t seconds after it starts: along the pavement, toward the kerb past
// the terrace, then right into a gateway 26 m on.
function driveOff(t) {
  const start = 60 * smooth(0, 9, t), u = t - 2.58;
  const along = start < 12 || u < 0 ? start : u < 2.5 ? Math.max(12, 12 + 8.2 * u - 1.04 * u * u) : 26;
  return { along, aside: 1.3 * smooth(8, 11.5, along) * (1 - smooth(18, 22, along)) - 3 * Math.max(0, u - 2.5), turn: (Math.PI / 2) * smooth(2.1, 2.9, u) };
}

function makeObject(o, options) {
  const rng = new Rng(`${WORLD.seed}/${o.seed}`);
  if (o.make === 'bin') return bin(rng, { family: o.family, ...options });
  if (o.make === 'stall') return stall(rng, o.kind);
  return billboard(rng, 40 + rng.int(0, 9), o.kind);
}

export class DemoWorld {
  constructor(camera) {
    this.cam = CAMERAS.find((c) => c.id === camera);
    saltTextures('clips');
    const scene = (this.scene = new THREE.Scene()), rng = new Rng(WORLD.seed);
    const made = street(rng.fork('street'), { ...WORLD, sides: { [-1]: 'shops', 1: 'shops' }, trees: [false, false], lamps: false, signDensity: 0.8, boards: false, length: 270, heights: [6.5, 16] });
    scene.add(made.root);
    made.signs.forEach((s, i) => (s.userData.name = `sign-${i + 1}`));
    this.labelled = [...made.signs];
    this.changing = [];
    for (const o of OBJECTS) for (const [from, to, options] of o.states) {
      const g = at(makeObject(o, options), o.x, 0, o.z, o.turn);
      g.userData.name = o.id;
      const whole = group(g);
      for (const p of g.userData.people ?? []) {
        p.applyMatrix4(new THREE.Matrix4().makeRotationY(o.turn));
        p.position.add(g.position);
        whole.add(p);
      }
      let rider = null;
      if (o.drive) { // the seller sits on the tricycle while it moves
        rider = at(person(new Rng(`${WORLD.seed}/rider`), { pose: 'sit' }), o.x - 0.42, 0.33, o.z, o.turn + Math.PI / 2);
        whole.add(rider);
      }
      scene.add(whole);
      this.labelled.push(g);
      this.changing.push({ o, g, whole, rider, from, to });
    }
    this.obstacles = [...OBJECTS, ...SCENERY].map((o) => [o.x, o.z, o.kind === 'terrace' ? 3 : 1.3]);
    for (const s of SCENERY) {
      const r = new Rng(`${WORLD.seed}/${s.seed}`), g = at(lookalike(r, s.kind), s.x, 0, s.z, s.turn);
      scene.add(g);
      for (const p of g.userData.people) { p.position.x += s.x; p.position.z += s.z; scene.add(p); }
    }
    for (const v of PARKED) scene.add(at(vehicle(new Rng(`${WORLD.seed}/${v.seed}`), v.kind), v.x, 0, v.z, v.turn));
    TREES.forEach(([x, z], i) => scene.add(at(tree(rng.fork(`tree${i}`)), x, 0, z)));
    this.lampSpots = LAMPS.map(([x, s], i) => {
      const z = s * (WORLD.R + 0.45);
      scene.add(at(lampPost(rng.fork(`lamp${i}`), s), x, 0, z));
      return [x, 7.4, z - s * 1.9];
    });
    this.movers = [];
    for (let i = 0; i < 46; i++) this.addWalker(rng.fork(`walker${i}`), i);
    for (let i = 0; i < 9; i++) this.addVehicle(rng.fork(`car${i}`), i);
    this.dusk = camera === 'cam-4';
    this.light = new Light(scene, { shadowMap: 2048, reach: 32, lamps: this.dusk });
    const b = basis(this.cam);
    this.focus = [this.cam.x + b.forward[0] * 18, this.cam.z + b.forward[2] * 18];
    scene.traverse((m) => { if (m.isMesh) m.castShadow = m.receiveShadow = true; });
  }

  addWalker(r, i) {
    const figure = person(r, { pose: 'walk', animate: true }), dir = r.sign(), side = i % 2 ? 1 : -1;
    this.scene.add(figure);
    figure.rotation.y = (dir * Math.PI) / 2;
    const x0 = SPAN[0] + ((i + r.f() * 0.8) * (SPAN[1] - SPAN[0])) / 46, speed = dir * r.range(0.9, 1.4), lane = side * (WORLD.R + (r.chance(0.6) ? r.range(0.5, 1.1) : r.range(3.9, 4.9)));
    this.movers.push((t) => {
      const x = wrap(x0 + speed * t);
      let z = lane;
      for (const [ox, oz, rad] of this.obstacles) { // walk round what stands in the way
        const near = 1 - smooth(rad, rad + 1.6, Math.abs(x - ox));
        if (near > 0 && Math.abs(z - oz) < rad + 0.4) z += near * (side * (WORLD.R + 0.55) - z);
      }
      figure.position.set(x, 0, z);
      stride(figure, t * 5.6 * Math.abs(speed) + x0);
    });
  }

  addVehicle(r, i) {
    const v = vehicle(r, r.pick(['car', 'car', 'van', 'scooter', 'car'])), s = i % 2 ? 1 : -1, speed = s * (s > 0 ? 7.2 : 6.4);
    const x0 = SPAN[0] + (i + r.range(0, 0.5)) * 27;
    at(v, 0, 0, s * 1.7, s > 0 ? 0 : Math.PI);
    this.scene.add(v);
    this.movers.push((t) => (v.position.x = wrap(x0 + speed * t)));
  }

  setTime(t) {
    for (const m of this.movers) m(t);
    for (const { o, g, whole, rider, from, to } of this.changing) {
      whole.visible = t >= from && t < to;
      if (o.drive) {
        const { arrive, leave, from: far } = o.drive, parked = t >= arrive[1] && t < leave, off = driveOff(t - leave);
        whole.position.set(far * (1 - smooth(...arrive, t)) - off.along, 0, off.aside);
        g.rotation.y = o.turn - off.turn;
        rider.position.set(o.x + 0.42 * Math.cos(g.rotation.y), 0.33, o.z - 0.42 * Math.sin(g.rotation.y));
        rider.rotation.y = g.rotation.y + Math.PI / 2;
        rider.visible = !parked;
        for (const p of g.userData.people) p.visible = parked;
      }
      if (o.rise) g.scale.y = Math.max(0.04, smooth(...o.rise, t));
    }
    const phase = 'cam-1 cam-2 cam-3 cam-4'.indexOf(this.cam.id) * 0.23;
    const cloud = 0.5 + 0.5 * Math.sin(t / 9 + phase), d = this.dusk ? smooth(34, 58, t) : 0;
    const mix = (a, b) => a + (b - a) * d;
    this.light.set({
      elevation: mix(48, 16), heading: 0.9, sun: mix(1.7 + 1.3 * cloud, 0.15), sky: mix(1.75 + 0.25 * cloud, 0.62), warm: mix(0.08, 0.5), cool: mix(0, 0.14), glow: 0.5 * d,
      background: new THREE.Color(0xb8d0e6).lerp(new THREE.Color(0x58607c), d).getHex(), fog: 0.002, lampPower: 55 * d,
    }, this.focus, this.lampSpots);
  }

  render(stage, t) {
    this.setTime(t);
    stage.size(this.cam.width, this.cam.height);
    stage.renderer.toneMappingExposure = 1.3;
    applyTo(stage.camera, this.cam);
    stage.renderer.render(this.scene, stage.camera);
    stage.finish({});
    return stage.jpeg(0.94);
  }

  // Boxes of all labelled objects that are visible at time t.
  truth(stage, t) {
    this.setTime(t);
    applyTo(stage.camera, this.cam);
    const b = basis(this.cam);
    const shown = this.labelled.filter((g) => (g.parent.visible || !g.userData.name) && project(this.cam, g.getWorldPosition(new THREE.Vector3()).toArray(), b).depth > 1);
    return stage.boxes(this.scene, stage.camera, shown, 640, 360).flatMap(({ object, hidden, box }) => {
      const w = (box[2] - box[0]) * WORLD.width, h = (box[3] - box[1]) * WORLD.height;
      if (hidden > 0.65 || w < 16 || h < 16 || inside(this.cam, object) < 0.35) return [];
      return [{ camera: this.cam.id, t_s: t, class: object.userData.cls, object: object.userData.name, box: box.map((v) => Math.round(v * 1e4) / 1e4) }];
    });
  }
}
