// People with rounded limbs in many kinds of dress: shirts, robes, shawls, hats, aprons.
import * as THREE from 'three';
import { group, cyl, ball, box, bake, lump, solid } from '../scene/prims.js';

const SKIN = [0xe8bc98, 0xd8a078, 0xb07848, 0x8a5a38, 0x6a4028, 0xecc4a4], HAIR = [0x14110f, 0x1e1814, 0x2c221a, 0x6a6660, 0x4a3020];

function limb(a, b, r, color) {
  const A = new THREE.Vector3(...a), d = new THREE.Vector3(...b).sub(A), m = solid(new THREE.CapsuleGeometry(r, Math.max(0.01, d.length() - r), 3, 8), color);
  m.position.copy(A).addScaledVector(d, 0.5);
  m.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), d.normalize());
  return m;
}

// A turned body of [radius, height] rings, oval, with folds running down it.
function gown(rng, rings, color, deep = 0.72, folds = 0.06) {
  const g = new THREE.LatheGeometry(rings.map(([r, y]) => new THREE.Vector2(r, y)), 18), p = g.attributes.position, n = rng.int(4, 9), ph = rng.f() * 6, low = rings[0][1], high = rings[rings.length - 1][1];
  for (let i = 0; i < p.count; i++) {
    const a = Math.atan2(p.getX(i), p.getZ(i)), k = 1 + folds * Math.sin(a * n + ph) * (1 - (p.getY(i) - low) / Math.max(0.01, high - low));
    p.setXYZ(i, p.getX(i) * k, p.getY(i), p.getZ(i) * deep * k);
  }
  g.computeVertexNormals();
  return solid(g, color, true);
}

function head(rng, g, y, k, skin) {
  const hair = rng.pick(HAIR), cover = rng.weighted([[6, 'hair'], [1.2, 'cap'], [1, 'straw'], [1, 'scarf'], [0.6, 'turban'], [0.5, 'bald']]), c = rng.hsl(0, 360, 0.1, 0.9, 0.15, 0.85);
  g.add(limb([0, y - 0.2 * k, 0], [0, y - 0.05, 0.01], 0.05 * k, skin), ball(0.082 * k, 0.115 * k, 0.098 * k, skin, 0, y, 0.015));
  if (cover === 'hair') g.add(ball(0.093 * k, 0.1 * k, 0.105 * k, hair, 0, y + 0.035 * k, -0.02), ...(rng.chance(0.3) ? [ball(0.09 * k, 0.17 * k, 0.06 * k, hair, 0, y - 0.08, -0.07)] : []));
  if (cover === 'cap') g.add(ball(0.095 * k, 0.075 * k, 0.11 * k, c, 0, y + 0.06 * k, 0), box(0.13, 0.015, 0.1, c, 0, y + 0.05, 0.1));
  if (cover === 'straw') g.add(cyl(0.02, 0.22, 0.13, rng.hsl(36, 50, 0.3, 0.55, 0.5, 0.72), 0, y + 0.04, 0, 14));
  if (cover === 'scarf') g.add(ball(0.105 * k, 0.14 * k, 0.115 * k, c, 0, y + 0.01, -0.03), gown(rng, [[0.24, y - 0.42], [0.17, y - 0.25], [0.1, y - 0.1]], c, 0.7));
  if (cover === 'turban') g.add(ball(0.13 * k, 0.085 * k, 0.13 * k, c, 0, y + 0.07 * k, -0.01));
}

function arms(rng, g, y, k, wide, sleeve, skin) {
  for (const s of [-1, 1]) {
    const up = rng.chance(0.45), elbow = [s * (wide + rng.range(0.02, 0.1)), y - 0.27 * k, rng.range(-0.08, 0.1)], hand = up ? [s * rng.range(0.05, 0.25), y - rng.range(0.05, 0.35) * k, rng.range(0.22, 0.4)] : [s * (wide + rng.range(0, 0.06)), y - 0.52 * k, rng.range(0, 0.15)];
    const long = rng.chance(0.5);
    g.add(limb([s * wide * 0.86, y, 0], elbow, 0.05 * k, sleeve), limb(elbow, hand, 0.038 * k, long ? sleeve : skin), ball(0.04, 0.048, 0.04, skin, ...hand));
  }
}

// `pose`: 'stand', 'walk' or 'sit' (squatting or on a low stool).
export function figure(rng, pose = 'stand') {
  const g = group(), k = rng.range(0.9, 1.08), skin = rng.pick(SKIN), sit = pose === 'sit', hip = sit ? 0.34 : 0.86 * k, wide = rng.range(0.17, 0.23) * k, sh = hip + 0.5 * k;
  const top = rng.chance(0.3) ? rng.pick([0xe8e6e0, 0x1c1c20, 0x2a3550, 0x6a6a70]) : rng.hsl(0, 360, 0.08, 0.75, 0.18, 0.75), legs = rng.chance(0.7) ? rng.pick([0x1c2230, 0x2a3a5a, 0x16171a, 0x5a5448, 0x8a8478, 0x3a2c24, 0xb8b0a0]) : top;
  const robe = !sit && rng.chance(0.32), belly = rng.range(0.85, 1.2);
  if (robe) g.add(gown(rng, [[0.25 * k, 0.08], [0.2 * k, 0.5], [0.16 * k * belly, hip + 0.08], [0.17 * k * belly, hip + 0.22], [wide, sh], [0.06, sh + 0.07]], rng.chance(0.5) ? top : legs, 0.72, 0.1), gown(rng, [[0.18 * k * belly, hip - 0.05], [0.175 * k * belly, hip + 0.22], [wide * 1.02, sh], [0.065, sh + 0.07]], top));
  else g.add(gown(rng, [[0.165 * k * belly, hip - (sit ? 0 : 0.12)], [0.155 * k * belly, hip + 0.12], [0.17 * k * belly, hip + 0.28], [wide, sh], [0.06, sh + 0.07]], top));
  const stride = pose === 'walk' ? rng.range(0.1, 0.32) : rng.range(0, 0.06);
  for (const s of [-1, 1]) {
    const foot = sit ? [s * 0.2, 0.06, 0.3] : [s * 0.1, 0.06, s * stride], knee = sit ? [s * 0.24, 0.5, 0.34] : [s * 0.1, 0.46 * k, s * stride * 0.7 + 0.03];
    if (!robe) g.add(limb([s * 0.09, hip, 0], knee, 0.078 * k, legs), limb(knee, foot, 0.058 * k, rng.chance(0.8) ? legs : skin));
    g.add(ball(0.05, 0.045, 0.12, rng.pick([0x1a1a1a, 0xd8d8d4, 0x5a3a28]), foot[0], 0.045, foot[2] + 0.05));
  }
  arms(rng, g, sh, k, wide, top, skin);
  head(rng, g, sh + 0.24 * k, k, skin);
  if (rng.chance(0.2)) g.add(lump(rng, 0.16, 0.2, 0.1, rng.hsl(0, 360, 0.1, 0.8, 0.15, 0.6), 0, hip + 0.3, -0.2, 2, 0.12));
  if (rng.chance(0.2) && !sit) g.add(lump(rng, 0.12, 0.17, 0.09, rng.hsl(0, 360, 0.2, 0.8, 0.3, 0.85), 0.3 * rng.sign(), hip - 0.25, 0.05, 2, 0.15));
  if (rng.chance(0.12) && !sit) g.add(box(0.3, 0.5, 0.02, rng.hsl(0, 360, 0.1, 0.7, 0.3, 0.85), 0, hip - 0.15, 0.15));
  g.traverse((m) => { if (m.isMesh) m.userData.jitter = 0.05; });
  bake(g, rng);
  g.userData = { radius: 0.35, pose };
  return g;
}
