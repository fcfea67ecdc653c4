// People: simple but human-shaped figures that stand, walk or sit.
import { group, taper, ball, cyl, box, bake } from './prims.js';

const SKIN = [0xe0b090, 0xd8a078, 0xc08860, 0xecc4a4];
const HAIR = [0x14110f, 0x1e1814, 0x2c221a, 0x777777];

// `pose`: 'stand', 'walk' or 'sit'. With `animate` the limbs stay movable: see `stride`.
export function person(rng, { pose = 'stand', animate = false, phase = rng.range(0, 6.28) } = {}) {
  const g = group(), H = rng.range(1.52, 1.82), k = H / 1.7, wide = rng.range(0.9, 1.15);
  const top = rng.chance(0.3) ? rng.pick([0xf2f2f2, 0x1a1a1c, 0x2a3550, 0xe87a14]) : rng.hsl(0, 360, 0.1, 0.8, 0.2, 0.75);
  const legs = rng.pick([0x1c2230, 0x2a3a5a, 0x16171a, 0x6a6458, 0x8a8f98, 0x3a2c24]);
  const skin = rng.pick(SKIN), hair = rng.pick(HAIR), skirt = rng.chance(0.18), bare = rng.chance(0.5);
  const hip = pose === 'sit' ? 0.45 : 0.84 * k;
  const torso = group(
    taper(0.3 * wide * k, 0.19 * k, 0.4 * wide * k, 0.22 * k, 0.55 * k, top, 0, hip, 0),
    cyl(0.05, 0.06, 0.1, skin, 0, hip + 0.54 * k, 0, 8),
    ball(0.1 * k, 0.125 * k, 0.11 * k, skin, 0, hip + 0.7 * k, 0.01),
    ball(0.112 * k, 0.1 * k, 0.115 * k, hair, 0, hip + 0.755 * k, -0.025));
  if (rng.chance(0.2)) torso.add(cyl(0.12, 0.2, 0.08, rng.hsl(0, 360, 0.1, 0.7, 0.3, 0.8), 0, hip + 0.78 * k, 0, 10));
  if (rng.chance(0.25)) torso.add(box(0.28, 0.38, 0.14, rng.hsl(0, 360, 0.1, 0.8, 0.15, 0.5), 0, hip + 0.12, -0.17));
  if (skirt && pose !== 'sit') torso.add(cyl(0.15 * k, 0.26 * k, 0.45 * k, top, 0, hip - 0.42 * k, 0, 10));
  g.add(torso);
  const swing = pose === 'walk' ? Math.sin(phase) * 0.5 : 0.05;
  const limbs = [];
  for (const s of [-1, 1]) {
    const leg = group();
    if (pose === 'sit') leg.add(box(0.14, 0.14, 0.42, legs, 0, -0.05, 0.2), box(0.11, 0.42, 0.11, legs, 0, -0.45, 0.38), box(0.11, 0.07, 0.22, 0x1a1a1a, 0, -0.45, 0.44));
    else leg.add(taper(0.1 * k, 0.11 * k, 0.16 * k, 0.17 * k, 0.8 * k, skirt ? skin : legs, 0, -0.8 * k, 0), box(0.1, 0.08, 0.25, rng.pick([0x1a1a1a, 0xe8e8e8, 0x5a3a28]), 0, -0.84 * k, 0.05));
    leg.position.set(s * 0.09 * k, hip, 0);
    leg.rotation.x = pose === 'sit' ? 0 : -s * swing;
    const arm = group(taper(0.07, 0.07, 0.1, 0.1, 0.3 * k, top, 0, -0.3 * k, 0), taper(0.055, 0.055, 0.07, 0.07, 0.28 * k, bare ? skin : top, 0, -0.56 * k, 0), ball(0.045, 0.05, 0.045, skin, 0, -0.58 * k, 0));
    arm.position.set(s * 0.23 * wide * k, hip + 0.53 * k, 0);
    arm.rotation.set(pose === 'walk' ? s * swing : rng.range(-0.7, 0.05), 0, s * 0.1);
    for (const l of [leg, arm]) { if (animate) l.userData.moving = true; g.add(l); }
    limbs.push([leg, -s], [arm, s]);
  }
  if (rng.chance(0.2) && pose !== 'sit') g.add(box(0.1, 0.3, 0.28, rng.hsl(0, 360, 0.2, 0.8, 0.3, 0.8), 0.3 * k, hip - 0.3, 0));
  bake(g);
  g.userData = { radius: 0.35, limbs, pose };
  return g;
}

// Swing the limbs of a movable figure.
export function stride(figure, phase, amount = 0.5) {
  for (const [limb, s] of figure.userData.limbs) limb.rotation.x = s * Math.sin(phase) * amount;
}
