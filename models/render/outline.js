// How much of an object's extent lies inside the frame, and whether its face is turned to it.
import * as THREE from 'three';
import { basis, project } from './camera.js';

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

const STEEP = 0.2; // cosine of the angle beyond which nothing on a face can be made out

// Whether an object with a flat face (userData.flat: 'front' or 'both') shows it to nobody at the camera.
export function turnedAway(cam, object) {
  if (!object.userData.flat) return false;
  object.updateWorldMatrix(true, false);
  const n = new THREE.Vector3(0, 0, 1).transformDirection(object.matrixWorld), mid = new THREE.Box3().setFromObject(object).getCenter(new THREE.Vector3());
  const cos = n.dot(new THREE.Vector3(cam.x, cam.y, cam.z).sub(mid).normalize());
  return (object.userData.flat === 'both' ? Math.abs(cos) : cos) < STEEP;
}
