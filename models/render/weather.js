// Dirt, grain, stains and dust over every surface of a scene: a small noise program is
// hooked into the materials, so that no area is one flat colour.
import * as THREE from 'three';

const uniforms = { grime: { value: 0.5 }, dust: { value: new THREE.Color(0x6a6050) }, offset: { value: new THREE.Vector3() } };
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
  float a = n3(s * 1.7), b = n3(s * vec3(9.0, 3.0, 9.0)), c = n3(s * 38.0);
  diffuseColor.rgb *= 1.0 - grime * 0.55 * smoothstep(0.42, 0.85, a * 0.6 + b * 0.4);
  diffuseColor.rgb *= 1.0 + grime * (c - 0.5) * 0.5;
  diffuseColor.rgb = mix(diffuseColor.rgb, dust * (0.7 + 0.6 * b), grime * 0.55 * smoothstep(0.55, -0.1, vSpot.y - 0.25 * a));
}`;

function hook(material) {
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
  };
  material.customProgramCacheKey = () => 'soiled';
  return material;
}

const baked = { one: hook(new THREE.MeshLambertMaterial({ vertexColors: true })), two: hook(new THREE.MeshLambertMaterial({ vertexColors: true, side: THREE.DoubleSide })) };
for (const m of Object.values(baked)) m.userData.plain = true; // shared between pictures, never disposed

// Gives every mesh below `root` the soiled look; glowing faces keep their colours.
export function weather(root, { grime, dust, offset }) {
  uniforms.grime.value = grime;
  uniforms.dust.value.set(dust);
  uniforms.offset.value.set(...offset);
  root.traverse((m) => {
    if (!m.isMesh || !m.material.isMaterial) return;
    if (m.material.vertexColors && !m.isInstancedMesh) m.material = m.material.side === THREE.DoubleSide ? baked.two : baked.one;
    else if ((m.material.isMeshLambertMaterial || m.material.isMeshPhongMaterial) && !m.userData.led) hook(m.material);
  });
}

export const randomSoil = (rng) => ({ grime: rng.range(0.25, 1), dust: rng.hsl(20, 50, 0.05, 0.3, 0.25, 0.5), offset: [rng.range(0, 90), rng.range(0, 90), rng.range(0, 90)] });
