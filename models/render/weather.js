// Dirt, grain, stains and dust over every surface of a scene: a small noise program is
// hooked into the materials, so that no area is one flat colour.
import * as THREE from 'three';

const uniforms = { grime: { value: 0.5 }, dust: { value: new THREE.Color(0x6a6050) }, offset: { value: new THREE.Vector3() }, mirror: { value: null }, wet: { value: 0 }, frame: { value: new THREE.Vector2(1, 1) } };
const NOISE = `
varying vec3 vSpot;
uniform float grime; uniform vec3 dust; uniform vec3 offset;
float h3(vec3 p) { p = fract(p * 0.1031); p += dot(p, p.zyx + 31.32); return fract((p.x + p.y) * p.z); }
float n3(vec3 p) {
  vec3 i = floor(p), f = fract(p); f = f * f * (3.0 - 2.0 * f);
  return mix(mix(mix(h3(i), h3(i + vec3(1,0,0)), f.x), mix(h3(i + vec3(0,1,0)), h3(i + vec3(1,1,0)), f.x), f.y),
             mix(mix(h3(i + vec3(0,0,1)), h3(i + vec3(1,0,1)), f.x), mix(h3(i + vec3(0,1,1)), h3(i + vec3(1,1,1)), f.x), f.y), f.z);
}`;
const SOIL = `
{
  vec3 s = vSpot + offset;
  float a = n3(s * 1.7), b = n3(s * vec3(9.0, 3.0, 9.0)), c = h3(floor(s * 45.0));
  diffuseColor.rgb *= 1.0 - grime * 0.55 * smoothstep(0.42, 0.85, a * 0.6 + b * 0.4);
  diffuseColor.rgb *= 1.0 + grime * (c - 0.5) * 0.5;
  diffuseColor.rgb = mix(diffuseColor.rgb, dust * (0.7 + 0.6 * b), grime * 0.55 * smoothstep(0.55, -0.1, vSpot.y - 0.25 * a));
}`;

const WATER = `
if (wet > 0.0) {
  vec3 s = vSpot + offset;
  float puddle = smoothstep(0.38, 0.6, n3(s * 0.45)), ripple = n3(s * 14.0) - 0.5;
  vec2 uv = gl_FragCoord.xy / frame;
  vec3 m = vec3(0.0);
  for (int i = 0; i < 5; i++) m += texture2D(mirror, uv + vec2(ripple * 0.006, (float(i) - 2.0) * mix(0.02, 0.004, puddle) + ripple * 0.012)).rgb;
  gl_FragColor.rgb = gl_FragColor.rgb * (1.0 - 0.4 * wet) + m * 0.16 * wet * mix(0.22, 0.6, puddle);
}`;

function hook(material, ground = false) {
  if (material.userData.soiled) return material;
  material.userData.soiled = true;
  material.onBeforeCompile = (s) => {
    Object.assign(s.uniforms, uniforms);
    s.vertexShader = s.vertexShader.replace('#include <common>', '#include <common>\nvarying vec3 vSpot;').replace('#include <project_vertex>', `#include <project_vertex>
      vec4 soilSpot = vec4(transformed, 1.0);
      #ifdef USE_INSTANCING
        soilSpot = instanceMatrix * soilSpot;
      #endif
      vSpot = (modelMatrix * soilSpot).xyz;`);
    s.fragmentShader = s.fragmentShader.replace('#include <common>', `#include <common>\n${NOISE}`).replace('#include <color_fragment>', `#include <color_fragment>\n${SOIL}`);
    if (ground) s.fragmentShader = s.fragmentShader.replace('varying vec3 vSpot;', 'varying vec3 vSpot; uniform sampler2D mirror; uniform float wet; uniform vec2 frame;').replace('#include <opaque_fragment>', `#include <opaque_fragment>\n${WATER}`);
  };
  material.customProgramCacheKey = () => (ground ? 'soiled-ground' : 'soiled');
  return material;
}

// One two-sided material for all plain parts: every further kind of material is a program
// that software WebGL takes seconds to compile.
const baked = hook(new THREE.MeshLambertMaterial({ vertexColors: true, side: THREE.DoubleSide }));

// Gives every mesh below `root` the soiled look.
export function weather(root, { grime, dust, offset }) {
  uniforms.grime.value = grime;
  uniforms.dust.value.set(dust);
  uniforms.offset.value.set(...offset);
  root.traverse((m) => {
    if (!m.isMesh || !m.material.isMaterial) return;
    if (m.material.vertexColors && !m.isInstancedMesh) m.material = baked;
    else if (m.material.isMeshLambertMaterial) { m.material.side = THREE.DoubleSide; hook(m.material, m.userData.ground); }
  });
}

// Marks the flat textured sheets of a street; only they mirror when wet.
export function findGround(root) {
  const found = [];
  root.traverse((m) => { if (m.isMesh && m.geometry.type === 'PlaneGeometry' && Math.abs(m.rotation.x + Math.PI / 2) < 1e-6) { m.userData.ground = true; found.push(m); } });
  return found;
}
export function wetGround(amount, texture, width, height) {
  uniforms.wet.value = amount;
  uniforms.mirror.value = texture;
  uniforms.frame.value.set(width, height);
}

export const randomSoil = (rng) => ({ grime: rng.range(0.12, 0.7), dust: rng.hsl(20, 50, 0.05, 0.3, 0.25, 0.5), offset: [rng.range(0, 90), rng.range(0, 90), rng.range(0, 90)] });
