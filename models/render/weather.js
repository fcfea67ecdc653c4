// Dirt, grain, stains and dust over every surface of a scene: a little noise is hooked
// into the materials, so that no area is one flat colour.
import * as THREE from 'three';
import { Rng } from './rng.js';

const uniforms = { grime: { value: 0.5 }, dust: { value: new THREE.Color(0x6a6050) }, offset: { value: new THREE.Vector3() }, mirror: { value: null }, wet: { value: 0 }, frame: { value: new THREE.Vector2(1, 1) } };
// Noise comes from a small picture: as arithmetic it would take software WebGL far longer to compile.
const NOISE = `
varying vec3 vSpot;
uniform float grime; uniform vec3 dust; uniform vec3 offset; uniform sampler2D speck;`;
const SOIL = `
{
  vec3 s = vSpot + offset;
  vec4 wide = texture2D(speck, s.xz * 0.05 + s.y * vec2(0.037, 0.061));
  vec4 fine = texture2D(speck, s.xy * 0.31 + s.z * vec2(0.23, 0.17));
  float a = wide.r, b = fine.g, c = texture2D(speck, s.xz * 1.7 + s.y * vec2(1.3, 0.9)).b;
  diffuseColor.rgb *= 1.0 - grime * 0.55 * smoothstep(0.45, 0.8, a * 0.55 + b * 0.45);
  diffuseColor.rgb *= 1.0 + grime * (c - 0.5) * 0.7;
  diffuseColor.rgb = mix(diffuseColor.rgb, dust * (0.7 + 0.6 * b), grime * 0.55 * smoothstep(0.55, -0.1, vSpot.y - 0.25 * a));
}`;

// Four independent tiling noises: two smooth ones of several octaves, two of single points.
function speckTexture(size = 128) {
  const rng = new Rng('speck'), d = new Uint8Array(size * size * 4), grid = [8, 16, 32].map((n) => [n, Float32Array.from({ length: n * n * 2 }, () => rng.f())]);
  const soft = (t) => t * t * (3 - 2 * t);
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) for (let k = 0; k < 2; k++) {
    let v = 0, amount = 0.57;
    for (const [n, g] of grid) {
      const u = (x / size) * n, w = (y / size) * n, i = Math.floor(u), j = Math.floor(w), fx = soft(u - i), fy = soft(w - j), at = (p, q) => g[(((q % n) * n) + (p % n)) * 2 + k];
      v += amount * ((at(i, j) * (1 - fx) + at(i + 1, j) * fx) * (1 - fy) + (at(i, j + 1) * (1 - fx) + at(i + 1, j + 1) * fx) * fy);
      amount /= 2;
    }
    d[(y * size + x) * 4 + k] = 255 * v;
    d[(y * size + x) * 4 + 2 + k] = 255 * rng.f();
  }
  const t = new THREE.DataTexture(d, size, size);
  t.wrapS = t.wrapT = THREE.RepeatWrapping;
  t.magFilter = THREE.LinearFilter;
  t.minFilter = THREE.LinearMipmapLinearFilter;
  t.generateMipmaps = true;
  t.needsUpdate = true;
  return t;
}
uniforms.speck = { value: speckTexture() };

const WATER = `
if (wet > 0.0) {
  vec3 s = vSpot + offset;
  float puddle = smoothstep(0.4, 0.6, texture2D(speck, s.xz * 0.03).g), ripple = texture2D(speck, s.xz * 0.9).r - 0.5;
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
