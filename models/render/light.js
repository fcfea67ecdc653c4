// Daylight and night: sun or overcast, dusk, street lamps, haze; one set of lights per scene.
import * as THREE from 'three';

// sun: strength; sky: hemisphere strength; glow: how far signs and lamps are lit (0..1).
export const PRESETS = {
  noon: { elevation: [48, 80], sun: [2.2, 3.4], sky: [1.2, 2.0], warm: 0.03, glow: 0, back: [0x9cc4ea, 0xc4dcf0] },
  overcast: { elevation: [50, 80], sun: [0.15, 0.6], sky: [1.8, 2.8], warm: 0, glow: 0, back: [0xc4ccd2, 0xe0e2e2] },
  low: { elevation: [14, 32], sun: [1.6, 2.8], sky: [0.8, 1.5], warm: 0.3, glow: 0.05, back: [0xb8c8e0, 0xe8d0b0] },
  dusk: { elevation: [8, 20], sun: [0.15, 0.5], sky: [0.4, 0.85], warm: 0.5, glow: 0.45, back: [0x4a5a80, 0xa88878] },
  night: { elevation: [40, 70], sun: [0.02, 0.08], sky: [0.18, 0.42], warm: 0, glow: 0.8, back: [0x0a0e18, 0x1c2030] },
};
const LAMPS = 4;

export class Light {
  constructor(scene, { shadowMap = 1536, reach = 34, lamps = true } = {}) {
    this.scene = scene;
    this.sky = new THREE.HemisphereLight(0xffffff, 0x8a8070, 1);
    this.sun = new THREE.DirectionalLight(0xffffff, 2);
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(shadowMap, shadowMap);
    Object.assign(this.sun.shadow.camera, { left: -reach, right: reach, top: reach, bottom: -reach, near: 1, far: 160 });
    this.sun.shadow.bias = -0.0006;
    this.sun.shadow.normalBias = 0.03;
    scene.add(this.sky, this.sun, this.sun.target);
    this.lamps = [];
    if (lamps) for (let i = 0; i < LAMPS; i++) {
      const l = new THREE.SpotLight(0xffd9a0, 0, 30, 1.15, 0.7, 1.4);
      scene.add(l, l.target);
      this.lamps.push(l);
    }
  }

  // Values: { elevation, heading, sun, sky, warm, glow, background, fog, lampPower, lampColor }
  set(v, focus, lampSpots = []) {
    const e = (v.elevation * Math.PI) / 180;
    this.sun.target.position.set(focus[0], 0, focus[1]);
    this.sun.position.set(focus[0] + 70 * Math.cos(e) * Math.cos(v.heading), 70 * Math.sin(e), focus[1] + 70 * Math.cos(e) * Math.sin(v.heading));
    this.sun.color.setRGB(1, 1 - v.warm * 0.45, 1 - v.warm);
    this.sun.intensity = v.sun;
    this.sun.castShadow = v.sun > 0.1;
    this.sky.intensity = v.sky;
    this.sky.color.setRGB(0.92 - (v.cool ?? 0), 0.97 - (v.cool ?? 0) * 0.5, 1);
    this.scene.background = new THREE.Color(v.background);
    this.scene.fog = v.fog > 0 ? new THREE.FogExp2(v.background, v.fog) : null;
    const near = [...lampSpots].sort((a, b) => Math.hypot(a[0] - focus[0], a[2] - focus[1]) - Math.hypot(b[0] - focus[0], b[2] - focus[1]));
    this.lamps.forEach((l, i) => {
      const p = near[i];
      l.intensity = p ? v.lampPower : 0;
      if (p) { l.position.set(...p); l.target.position.set(p[0], 0, p[2]); l.color.set(v.lampColor ?? 0xffd9a0); }
    });
    this.scene.traverse((m) => {
      const k = m.material?.userData?.glow;
      if (!k) return;
      const on = v.glow > 0 || m.userData.led;
      if (!m.material.emissiveMap && on) { m.material.emissiveMap = m.material.map; m.material.needsUpdate = true; }
      if (on) m.material.emissive.set(m.material.map ? 0xffffff : m.material.color);
      m.material.emissiveIntensity = k * Math.max(v.glow, m.userData.led ? 0.35 : 0);
    });
  }
}

export function randomLight(rng, name = rng.weighted([[4, 'noon'], [4, 'overcast'], [2.2, 'low'], [1.6, 'dusk'], [1.6, 'night']])) {
  const p = PRESETS[name], c = new THREE.Color(p.back[0]).lerp(new THREE.Color(p.back[1]), rng.f());
  const night = name === 'night' || name === 'dusk';
  return {
    name, elevation: rng.range(...p.elevation), heading: rng.range(0, 6.28), sun: rng.range(...p.sun), sky: rng.range(...p.sky),
    warm: p.warm * rng.range(0.5, 1.3), cool: night ? rng.range(0, 0.3) : rng.range(-0.05, 0.08), glow: p.glow * rng.range(0.5, 1.2), background: c.getHex(),
    fog: rng.chance(0.3) ? rng.range(0.004, 0.025) : rng.range(0, 0.003),
    lampPower: name === 'night' ? rng.range(40, 110) : name === 'dusk' ? rng.range(10, 50) : 0,
    lampColor: rng.pick([0xffd9a0, 0xffc070, 0xfff4e0, 0xe8f0ff]),
  };
}
