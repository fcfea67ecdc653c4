// Places objects on the ground of a picture: by picture row, clear of each other, in view.
import * as THREE from 'three';
import { basis, toGround } from './camera.js';
import { claims } from './labels.js';

const radiusOf = (o) => o.userData.radius ?? 1;

export class Layout {
  // `allowed(x, z, radius)` says where on the ground things may stand.
  constructor(rng, cam, allowed = () => true) {
    Object.assign(this, { rng, cam, allowed, b: basis(cam), scene: new THREE.Scene(), labelled: [], placed: [] });
  }

  // A ground point in view whose picture row lies between v0 and v1 (shares of the picture).
  spot(radius, v0, v1, u = null, closest = 0) {
    for (let i = 0; i < 24; i++) {
      const p = toGround(this.cam, u ?? this.rng.range(0.02, 0.98), this.rng.range(v0, v1), this.b);
      if (!p) continue;
      const d = Math.hypot(p[0] - this.cam.x, p[1] - this.cam.z);
      if (d < Math.max(closest, 2 + radius) || d > 90 || !this.allowed(...p, radius)) continue;
      if (this.placed.every(([x, z, r]) => Math.hypot(x - p[0], z - p[1]) > (r + radius) * 0.85)) { this.placed.push([...p, radius]); return p; }
    }
    return null;
  }

  put(o, [x, z], turn) {
    o.position.set(x, 0, z);
    o.rotation.y = turn;
    this.scene.add(o);
    const parts = claims(o);
    for (const p of o.userData.people ?? []) {
      p.applyMatrix4(new THREE.Matrix4().makeRotationY(turn));
      p.position.add(o.position);
      this.scene.add(p);
    }
    this.labelled.push(...parts);
  }

  // Objects side by side in the first one's direction, as far as they have room.
  addRow(objects, v0, v1, options = {}) {
    const first = this.add(objects[0], v0, v1, options);
    if (!first) return null;
    const k = objects[0].rotation.y;
    let x = objects[0].userData.w / 2;
    for (const o of objects.slice(1)) {
      const middle = x + this.rng.range(0.05, 0.5) + o.userData.w / 2, p = [first[0] + Math.cos(k) * middle, first[1] - Math.sin(k) * middle];
      if (!this.allowed(...p, radiusOf(o)) || Math.hypot(p[0] - this.cam.x, p[1] - this.cam.z) < 2.5) break;
      this.put(o, p, k + this.rng.range(-0.12, 0.12));
      this.placed.push([...p, radiusOf(o)]);
      x = middle + o.userData.w / 2;
    }
    return first;
  }

  add(o, v0, v1, { turn = null, u = null, closest = 0 } = {}) {
    const p = this.spot(radiusOf(o), v0, v1, u, closest);
    if (!p) return null;
    const toCamera = Math.atan2(this.cam.x - p[0], this.cam.z - p[1]);
    this.put(o, p, typeof turn === 'function' ? turn(p) : turn ?? toCamera + (this.rng.chance(0.75) ? this.rng.range(-0.8, 0.8) : this.rng.range(-3.1, 3.1)));
    return p;
  }
}
