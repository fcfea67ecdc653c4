// Finer building blocks than prims.js: instanced heaps, spoked wheels, sagging sheets.
import * as THREE from 'three';
import { group, cyl, rod, box, solid } from '../scene/prims.js';

const heapMaterial = new THREE.MeshLambertMaterial({ color: 0xffffff, side: THREE.DoubleSide });
const shapes = new Map();

function leafClump() {
  const g = new THREE.IcosahedronGeometry(1, 1), p = g.attributes.position;
  for (let i = 0; i < p.count; i++) {
    const k = 0.55 + 0.7 * Math.abs(Math.sin(p.getX(i) * 7.3 + p.getY(i) * 4.1) * Math.cos(p.getZ(i) * 6.7));
    p.setXYZ(i, p.getX(i) * k, p.getY(i) * k, p.getZ(i) * k);
  }
  g.computeVertexNormals();
  return g;
}

const MAKE = {
  ball: () => new THREE.SphereGeometry(1, 10, 7),
  rough: () => { const g = new THREE.IcosahedronGeometry(1, 1); const p = g.attributes.position; for (let i = 0; i < p.count; i++) { const k = 0.85 + 0.3 * Math.sin(p.getX(i) * 9 + p.getZ(i) * 5) ** 2; p.setXYZ(i, p.getX(i) * k, p.getY(i) * k, p.getZ(i) * k); } g.computeVertexNormals(); return g; },
  arc: () => { const g = new THREE.TorusGeometry(1, 0.3, 5, 6, 1.9); g.rotateX(Math.PI / 2); return g; },
  stick: () => { const g = new THREE.CylinderGeometry(0.45, 0.8, 2, 7); g.rotateZ(Math.PI / 2); return g; },
  leaf: leafClump,
  box: () => new THREE.BoxGeometry(2, 2, 2),
  bottle: () => new THREE.LatheGeometry([[0, -1], [0.5, -1], [0.5, 0.3], [0.2, 0.65], [0.2, 1], [0, 1]].map(([x, y]) => new THREE.Vector2(x, y)), 8),
  ring: () => new THREE.TorusGeometry(0.8, 0.25, 5, 9),
  sheet: () => new THREE.PlaneGeometry(2, 2, 1, 1),
};
export function shape(name) {
  if (!shapes.has(name)) shapes.set(name, MAKE[name]());
  return shapes.get(name);
}

const m4 = new THREE.Matrix4(), q = new THREE.Quaternion(), e = new THREE.Euler(), v = new THREE.Vector3(), s3 = new THREE.Vector3(), c = new THREE.Color();

// Many copies of one shape: items are { at, size, turn, color } with arrays of three.
export function many(name, items) {
  const mesh = new THREE.InstancedMesh(shape(name), heapMaterial, Math.max(1, items.length));
  items.forEach((it, i) => {
    mesh.setMatrixAt(i, m4.compose(v.set(...it.at), q.setFromEuler(e.set(...it.turn)), s3.set(...it.size)));
    mesh.setColorAt(i, c.set(it.color).multiplyScalar(it.shade ?? 1));
  });
  mesh.count = items.length;
  return mesh;
}

// A bicycle wheel with tyre, rim and spokes; its axle lies along z.
export function spoked(r, x, z, color = 0x1c1c1c, spokes = 9) {
  const g = group(solid(new THREE.TorusGeometry(r, r * 0.055, 5, 22), color), solid(new THREE.TorusGeometry(r * 0.92, r * 0.03, 4, 22), 0x9a958c));
  for (let i = 0; i < spokes; i++) { const a = (i / spokes) * Math.PI; g.add(rod([Math.cos(a) * r, Math.sin(a) * r, 0], [-Math.cos(a) * r, -Math.sin(a) * r, 0], 0.006, 0x8a867c, 4)); }
  const hub = cyl(0.04, 0.04, 0.14, 0x3a3632, 0, -0.07, 0, 8);
  hub.rotation.x = Math.PI / 2;
  hub.position.set(0, 0, 0);
  g.add(hub);
  g.position.set(x, r, z);
  return g;
}

// A sheet over four corner points that sags by `sag` in its middle and flutters a little.
export function sheet(rng, [a, b, c2, d], sag, material, n = 8) {
  const g = new THREE.PlaneGeometry(1, 1, n, n), p = g.attributes.position, f = rng.range(3, 9), ph = rng.range(0, 6), rip = rng.range(0, 0.05);
  const A = new THREE.Vector3(...a), B = new THREE.Vector3(...b), C = new THREE.Vector3(...c2), D = new THREE.Vector3(...d), t0 = new THREE.Vector3(), t1 = new THREE.Vector3();
  for (let i = 0; i < p.count; i++) {
    const s = p.getX(i) + 0.5, t = p.getY(i) + 0.5;
    t0.lerpVectors(A, B, s); t1.lerpVectors(D, C, s); t0.lerp(t1, t);
    const mid = 16 * s * (1 - s) * t * (1 - t);
    p.setXYZ(i, t0.x, t0.y - sag * mid + rip * Math.sin(f * s + ph) * Math.cos(f * t), t0.z + rip * Math.sin(f * t + ph));
  }
  g.computeVertexNormals();
  return new THREE.Mesh(g, material);
}

export function plank(rng, w, h, d, x, y, z, tone = rng.range(0.22, 0.5)) {
  const g = group(), n = Math.max(2, Math.round(d / 0.14));
  for (let i = 0; i < n; i++) g.add(box(w * rng.range(0.97, 1.02), h, (d / n) * 0.94, rng.hsl(22, 38, 0.15, 0.45, tone * 0.85, tone * 1.15), x + rng.range(-0.02, 0.02), y, z + ((i + 0.5) / n - 0.5) * d));
  return g;
}
