// One training picture of a whole rendered street from one seed: pixels and boxes.
import * as THREE from 'three';
import { applyTo } from './camera.js';
import { compose } from './whole.js';
import { Light } from './light.js';
import { inside, turnedAway } from './outline.js';
import { weather, findGround, wetGround } from './weather.js';
import { entries } from './labels.js';
import { through } from './lens.js';
import { skyArt } from './assets/skins.js';
import { dropTextures } from './scene/canvas.js';

export { compose } from './whole.js';
export { inside } from './outline.js';
export { CLASSES } from './labels.js';

let drawn = 0;

// The world upside down under the ground, seen by the same camera: what puddles show.
function mirrored(stage, s, ground) {
  const { renderer } = stage, shadows = renderer.shadowMap.autoUpdate;
  const world = s.scene.children.filter((o) => !o.isLight && o !== s.scene);
  wetGround(0, null, 1, 1);
  for (const m of ground) m.visible = false;
  for (const o of world) { o.scale.y *= -1; o.position.y *= -1; }
  renderer.shadowMap.autoUpdate = false;
  renderer.render(s.scene, stage.camera); // to the canvas: a render target would need programs of its own
  stage.ctx.drawImage(stage.canvas, 0, 0);
  renderer.shadowMap.autoUpdate = shadows;
  for (const o of world) { o.scale.y *= -1; o.position.y *= -1; }
  for (const m of ground) m.visible = true;
  const t = new THREE.CanvasTexture(stage.out);
  t.colorSpace = THREE.SRGBColorSpace;
  t.generateMipmaps = false;
  t.minFilter = THREE.LinearFilter;
  return t;
}

function draw(stage, s) {
  const night = s.light.lampPower > 0, lights = new Light(s.scene, { lamps: night, shadowMap: 1024, reach: 28 }), a = (s.cam.azimuth * Math.PI) / 180;
  lights.set(s.light, [s.cam.x + Math.sin(a) * 11, s.cam.z - Math.cos(a) * 11], night ? s.lampSpots : []);
  lights.sun.shadow.radius = s.light.sun > 1 ? 2 : 5;
  const c = new THREE.Color(s.light.background);
  s.scene.background = skyArt(s.skySeed, [c.clone().multiplyScalar(0.8).getHex(), c.getHex()], s.clouds);
  s.scene.traverse((m) => { if (m.isMesh) m.castShadow = m.receiveShadow = true; });
  const ground = findGround(s.ground);
  weather(s.scene, s.soil);
  stage.size(s.width, s.height);
  stage.renderer.toneMappingExposure = s.post.exposure;
  applyTo(stage.camera, s.cam);
  const mirror = s.wet ? mirrored(stage, s, ground) : null;
  wetGround(s.wet, mirror, s.width, s.height);
  stage.renderer.render(s.scene, stage.camera);
  mirror?.dispose();
}

export async function renderPicture(stage, seed, split) {
  if (++drawn % 100 === 0) dropTextures();
  const s = compose(seed, split);
  draw(stage, s);
  through(stage.canvas, stage.ctx, s.width, s.height, s.post, s.rng);
  const jpeg = await stage.jpeg(s.post.quality), size = { width: s.width, height: s.height };
  const found = entries(stage.boxes(s.scene, stage.camera, s.labelled, s.width, s.height), { ...size, share: (o) => inside(s.cam, o), turned: (o) => turnedAway(s.cam, o) });
  stage.drop(s.scene);
  return { jpeg, ...size, light: s.light.name, found };
}
