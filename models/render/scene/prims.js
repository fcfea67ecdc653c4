// Building blocks: boxes, cylinders, lumps and panels with cached geometry, and `bake`,
// which melts an object's plain-coloured parts into one mesh with vertex colours.
import * as THREE from 'three';

const unitBox = new THREE.BoxGeometry(1, 1, 1);
const unitBall = new THREE.SphereGeometry(1, 12, 8);
const unitPlane = new THREE.PlaneGeometry(1, 1);
const flats = new Map();
export const bakedMaterial = new THREE.MeshLambertMaterial({ vertexColors: true });
const bakedTwoSided = new THREE.MeshLambertMaterial({ vertexColors: true, side: THREE.DoubleSide });

export function flat(color) {
  if (!flats.has(color)) {
    const m = new THREE.MeshLambertMaterial({ color });
    m.userData.plain = true;
    flats.set(color, m);
  }
  return flats.get(color);
}

export function group(...parts) {
  const g = new THREE.Group();
  if (parts.length) g.add(...parts);
  return g;
}

export function at(mesh, x, y, z, rotY = 0) {
  mesh.position.set(x, y, z);
  mesh.rotation.y = rotY;
  return mesh;
}

// The y of every upright primitive is that of its underside.
export function box(w, h, d, color, x = 0, y = 0, z = 0) {
  const m = new THREE.Mesh(unitBox, flat(color));
  m.scale.set(w, h, d);
  m.position.set(x, y + h / 2, z);
  return m;
}

export function cyl(rTop, rBottom, h, color, x = 0, y = 0, z = 0, seg = 12) {
  const m = new THREE.Mesh(new THREE.CylinderGeometry(rTop, rBottom, h, seg), flat(color));
  m.position.set(x, y + h / 2, z);
  return m;
}

export function ball(rx, ry, rz, color, x = 0, y = 0, z = 0) {
  const m = new THREE.Mesh(unitBall, flat(color));
  m.scale.set(rx, ry, rz);
  m.position.set(x, y, z);
  return m;
}

// A box whose top has other measures than its foot.
export function taper(wFoot, dFoot, wTop, dTop, h, color, x = 0, y = 0, z = 0) {
  const g = new THREE.BoxGeometry(1, h, 1);
  const p = g.attributes.position;
  for (let i = 0; i < p.count; i++) {
    const top = p.getY(i) > 0;
    p.setX(i, p.getX(i) * (top ? wTop : wFoot));
    p.setZ(i, p.getZ(i) * (top ? dTop : dFoot));
  }
  g.computeVertexNormals();
  const m = new THREE.Mesh(g, flat(color));
  m.position.set(x, y + h / 2, z);
  return m;
}

export function rod(a, b, r, color, seg = 6) {
  const A = new THREE.Vector3(...a), B = new THREE.Vector3(...b);
  const d = B.clone().sub(A);
  const m = new THREE.Mesh(new THREE.CylinderGeometry(r, r, d.length(), seg), flat(color));
  m.position.copy(A).addScaledVector(d, 0.5);
  m.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), d.normalize());
  return m;
}

// A faceted, irregular lump: bags, heaps, foliage, food.
export function lump(rng, rx, ry, rz, color, x = 0, y = 0, z = 0, detail = 1, rough = 0.22) {
  const g = new THREE.IcosahedronGeometry(1, detail);
  const p = g.attributes.position;
  const a = [0, 1, 2, 3, 4, 5].map(() => rng.range(0, 6.3));
  const v = new THREE.Vector3();
  for (let i = 0; i < p.count; i++) {
    v.fromBufferAttribute(p, i);
    const k = 1 + rough * (Math.sin(v.x * 3.1 + a[0]) * Math.cos(v.y * 3.7 + a[1])
      + 0.6 * Math.sin(v.z * 5.3 + a[2] + v.x * 2) + 0.4 * Math.sin(v.y * 9 + a[3] + v.z * 7));
    p.setXYZ(i, v.x * k * rx, v.y * k * ry, v.z * k * rz);
  }
  g.computeVertexNormals();
  const m = new THREE.Mesh(g, flat(color));
  m.position.set(x, y, z);
  m.userData.jitter = 0.12;
  return m;
}

// A textured upright panel that faces +z; `glow` says how strongly it is lit at night.
export function panel(w, h, texture, x = 0, y = 0, z = 0, { glow = 0, twoSided = false } = {}) {
  const material = new THREE.MeshLambertMaterial({ map: texture, side: twoSided ? THREE.DoubleSide : THREE.FrontSide });
  material.userData.glow = glow;
  const m = new THREE.Mesh(unitPlane, material);
  m.scale.set(w, h, 1);
  m.position.set(x, y + h / 2, z);
  return m;
}

// A panel whose texture repeats every tw x th metres.
export function tiled(w, h, texture, tw, th, x = 0, y = 0, z = 0) {
  const g = new THREE.PlaneGeometry(w, h), uv = g.attributes.uv;
  for (let i = 0; i < uv.count; i++) uv.setXY(i, (uv.getX(i) * w) / tw, (uv.getY(i) * h) / th);
  const m = new THREE.Mesh(g, new THREE.MeshLambertMaterial({ map: texture }));
  m.position.set(x, y + h / 2, z);
  return m;
}

// Any geometry with a plain colour (polygons, extrusions).
export function solid(geometry, color, twoSided = false) {
  const m = new THREE.Mesh(geometry, flat(color));
  m.userData.twoSided = twoSided;
  return m;
}

export function glowing(mesh, strength) {
  mesh.material = mesh.material.clone();
  mesh.material.userData = { glow: strength };
  return mesh;
}

// Melt all plain meshes below `root` into one or two meshes; parts marked `moving`
// (and everything below them) keep their own transforms and are baked by themselves.
export function bake(root, rng = null) {
  root.updateMatrixWorld(true);
  const inverse = root.matrixWorld.clone().invert();
  const lists = { one: [], two: [] };
  const visit = (node) => {
    if (node !== root && node.userData.moving) { bake(node, rng); return; }
    for (const child of [...node.children]) visit(child);
    if (node.isMesh && node.material.userData.plain) lists[node.userData.twoSided ? 'two' : 'one'].push(node);
  };
  visit(root);
  for (const [side, meshes] of Object.entries(lists)) {
    if (!meshes.length) continue;
    const position = [], normal = [], color = [];
    const v = new THREE.Vector3(), n = new THREE.Vector3(), m4 = new THREE.Matrix4(), m3 = new THREE.Matrix3();
    for (const mesh of meshes) {
      m4.multiplyMatrices(inverse, mesh.matrixWorld);
      m3.getNormalMatrix(m4);
      const g = mesh.geometry, gp = g.attributes.position, gn = g.attributes.normal, c = mesh.material.color;
      const count = g.index ? g.index.count : gp.count;
      let k = 1;
      for (let i = 0; i < count; i++) {
        const j = g.index ? g.index.getX(i) : i;
        if (i % 3 === 0) k = rng && mesh.userData.jitter ? 1 + mesh.userData.jitter * (rng.f() * 2 - 1) : 1;
        v.fromBufferAttribute(gp, j).applyMatrix4(m4);
        n.fromBufferAttribute(gn, j).applyMatrix3(m3).normalize();
        position.push(v.x, v.y, v.z);
        normal.push(n.x, n.y, n.z);
        color.push(c.r * k, c.g * k, c.b * k);
      }
      mesh.removeFromParent();
      if (![unitBox, unitBall, unitPlane].includes(g)) g.dispose();
    }
    const merged = new THREE.BufferGeometry();
    merged.setAttribute('position', new THREE.Float32BufferAttribute(position, 3));
    merged.setAttribute('normal', new THREE.Float32BufferAttribute(normal, 3));
    merged.setAttribute('color', new THREE.Float32BufferAttribute(color, 3));
    root.add(new THREE.Mesh(merged, side === 'two' ? bakedTwoSided : bakedMaterial));
  }
  return root;
}

export const sharedGeometry = (g) => g === unitBox || g === unitBall || g === unitPlane;
