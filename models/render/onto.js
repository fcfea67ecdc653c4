// Draws a composed picture in the page: photograph, rendered layer with shadows, matched in
// tone, sharpness and grain, then the labels of both.
import * as THREE from 'three';
import { Stage } from './stage.js';
import { Rng } from './rng.js';
import { composeOnto, composedLight } from './composed.js';
import { Light } from './light.js';
import { inside, turnedAway } from './outline.js';
import { applyTo } from './camera.js';
import { weather, randomSoil } from './weather.js';
import { entries } from './labels.js';
import { statistics, texture, match, applyTone } from './tone.js';
import { dropTextures } from './scene/canvas.js';
import { usePhotos } from './assets/photos.js';
import { keptLabels } from './kept.js';

let stage = null, drawn = 0;
const canvas = (w, h) => { const c = document.createElement('canvas'); c.width = w; c.height = h; return [c, c.getContext('2d', { willReadFrequently: true })]; };

export async function loadImage(url) {
  const im = new Image();
  im.src = url;
  await im.decode();
  return im;
}
export async function lendPhotos(urls) { usePhotos(await Promise.all(urls.map(loadImage))); }

const blobTexture = () => {
  const [c, x] = canvas(64, 64), g = x.createRadialGradient(32, 32, 4, 32, 32, 32);
  g.addColorStop(0, 'rgba(0,0,0,1)'); g.addColorStop(0.55, 'rgba(0,0,0,.6)'); g.addColorStop(1, 'rgba(0,0,0,0)');
  x.fillStyle = g; x.fillRect(0, 0, 64, 64);
  return new THREE.CanvasTexture(c);
};
let blob = null;

// A soft dark patch under every object that touches the ground, and a sheet that catches sun shadows.
function addShadows(scene, light) {
  blob ??= blobTexture();
  const patches = [], size = new THREE.Box3(), v = new THREE.Vector3(), mid = new THREE.Vector3();
  for (const o of [...scene.children]) {
    size.setFromObject(o);
    if (size.isEmpty() || size.min.y > 0.3) continue;
    size.getSize(v); size.getCenter(mid);
    const m = new THREE.Mesh(new THREE.PlaneGeometry(1, 1), new THREE.MeshBasicMaterial({ map: blob, transparent: true, opacity: light.contact, depthWrite: false, toneMapped: false }));
    const low = v.y > 3 ? Math.min(1, 1.2 / Math.max(v.x, v.z)) : 1; // tall boards touch the ground with their post only
    m.rotation.x = -Math.PI / 2;
    m.position.set(mid.x, 0.004, mid.z);
    m.scale.set(v.x * 1.25 * low + 0.1, v.z * 1.25 * low + 0.1, 1);
    m.renderOrder = -1;
    patches.push(m);
  }
  const ground = new THREE.Mesh(new THREE.PlaneGeometry(240, 240), new THREE.ShadowMaterial({ opacity: light.shadow }));
  ground.rotation.x = -Math.PI / 2;
  ground.receiveShadow = true;
  scene.add(ground, ...patches);
  return [ground, ...patches];
}

function drawLayer(s, w, h) {
  const lights = new Light(s.scene, { lamps: false, reach: 22, shadowMap: 1024 }), focus = s.labelled[0] ?? s.scene.children[0];
  lights.sun.shadow.radius = s.light.sunny ? 2 : 6;
  const p = focus ? focus.getWorldPosition(new THREE.Vector3()) : new THREE.Vector3(0, 0, -10);
  lights.set({ ...s.light, background: 0, fog: 0 }, [p.x, p.z]);
  s.scene.background = null;
  s.scene.traverse((m) => { if (m.isMesh) m.castShadow = m.receiveShadow = true; });
  const shadows = addShadows(s.scene, s.light);
  for (const m of shadows.slice(1)) m.castShadow = m.receiveShadow = false;
  shadows[0].castShadow = false;
  weather(s.scene, randomSoil(s.rng.fork('soil')));
  stage.size(w, h);
  stage.renderer.setClearColor(0, 0);
  stage.renderer.toneMappingExposure = 1.25;
  applyTo(stage.camera, s.cam);
  stage.renderer.render(s.scene, stage.camera);
  return shadows;
}

// The photograph cut to a part and a size; returns the canvas and how its labels map.
function framePhoto(rng, im, hint, night) {
  const k = Math.min(1, 640 / Math.max(im.width, im.height)), zoom = hint?.whole || rng.chance(0.4) ? 1 : rng.range(0.5, 1);
  const sw = im.width * zoom, sh = im.height * zoom, sx = rng.f() * (im.width - sw), sy = (im.height - sh) * rng.range(0.6, 1);
  const w = Math.round(sw * k * (hint?.stretch ?? 1) / zoom ** 0.5 / 2) * 2, h = Math.round(sh * k / zoom ** 0.5 / 2) * 2, [c, x] = canvas(w, h), flip = rng.chance(0.5) && !hint?.text;
  if (flip) { x.translate(w, 0); x.scale(-1, 1); }
  x.filter = `brightness(${(night ? rng.range(0.18, 0.5) : rng.range(0.85, 1.15)).toFixed(2)}) saturate(${rng.range(0.8, 1.2).toFixed(2)})`;
  x.drawImage(im, sx, sy, sw, sh, 0, 0, w, h);
  x.filter = 'none';
  x.setTransform(1, 0, 0, 1, 0, 0);
  return { c, x, w, h, sy: sy / im.height, zoom, box: ([bx, by, bw, bh]) => { const l = ((bx - sx) / sw) * w, q = [l, ((by - sy) / sh) * h, (bw / sw) * w, (bh / sh) * h]; if (flip) q[0] = w - q[0] - q[2]; return q; } };
}

// Hints in shares of the whole photograph as shares of the part that is shown.
const shiftHint = (hint, f) => {
  const move = (v) => (v - f.sy) / f.zoom, out = { ...hint };
  if (hint?.horizon) out.horizon = hint.horizon.map(move);
  for (const k of ['floor', 'near']) if (hint?.[k]) out[k] = move(hint[k]);
  return out;
};

function grain(d, rng, noise) {
  let s = rng.int(1, 2 ** 31 - 1);
  for (let i = 0; i < d.length; i += 4) {
    if (d[i + 3] < 30) continue;
    s ^= s << 13; s ^= s >>> 17; s ^= s << 5;
    const n = (((s & 1023) + ((s >>> 10) & 1023)) / 1023 - 1) * noise * 1.7;
    d[i] += n; d[i + 1] += n; d[i + 2] += n;
  }
}

// photo: { url, counts, labels: [{ category, bbox, ignore }], hint }
export async function composedPicture(seed, split, photo) {
  stage ??= new Stage({ alpha: true });
  if (++drawn % 80 === 0) dropTextures();
  const im = await loadImage(photo.url);
  const { night } = composedLight(new Rng(`${split}/light/${seed}`)), f = framePhoto(new Rng(`${split}/frame/${seed}`), im, photo.hint, night);
  const s = composeOnto(seed, split, { width: f.w, height: f.h, counts: photo.counts, hint: shiftHint(photo.hint, f) });
  const shadows = drawLayer(s, f.w, f.h), [lc, lx] = canvas(f.w, f.h);
  lx.drawImage(stage.canvas, 0, 0);
  const back = f.x.getImageData(0, 0, f.w, f.h).data, layer = lx.getImageData(0, 0, f.w, f.h), p = statistics(back, f.w, (x, y) => y > f.h * 0.4), q = statistics(layer.data, f.w), look = texture(back, f.w, f.h);
  if (q && !night) applyTone(layer.data, match(p, q, s.rng));
  if (look.noise > 0.4) grain(layer.data, s.rng, Math.min(9, look.noise * s.rng.range(0.7, 1.4)));
  lx.putImageData(layer, 0, 0);
  const soft = s.rng.range(0.2, 0.55) + Math.max(0, (14 - look.sharpness) * 0.05) * s.rng.range(0.4, 1);
  f.x.filter = `blur(${Math.min(1.6, soft).toFixed(2)}px)`;
  f.x.drawImage(lc, 0, 0);
  f.x.filter = 'none';
  for (const m of shadows) m.visible = false;
  const own = entries(stage.boxes(s.scene, stage.camera, s.labelled, f.w, f.h), { width: f.w, height: f.h, share: (o) => inside(s.cam, o), turned: (o) => turnedAway(s.cam, o) });
  const found = [...own, ...keptLabels(photo.labels, f, layer.data)];
  finishWhole(f, s.rng);
  stage.ctx.canvas.width = f.w; stage.ctx.canvas.height = f.h;
  stage.ctx.drawImage(f.c, 0, 0);
  const jpeg = await stage.jpeg(s.rng.range(0.6, 0.93));
  stage.drop(s.scene);
  for (const m of shadows) { m.geometry.dispose(); m.material.dispose(); }
  return { jpeg, width: f.w, height: f.h, light: night ? 'night' : s.light.sunny ? 'sun' : 'soft', found };
}

// What the camera does to all of it alike: a little blur, tone, and a dark edge.
function finishWhole(f, rng) {
  const [t, x] = canvas(f.w, f.h);
  x.filter = `blur(${rng.chance(0.3) ? rng.range(0.2, 0.9).toFixed(2) : 0}px) contrast(${rng.range(0.9, 1.12).toFixed(2)}) brightness(${(rng.chance(0.1) ? rng.range(0.55, 0.8) : rng.range(0.9, 1.12)).toFixed(2)})`;
  x.drawImage(f.c, 0, 0);
  f.x.drawImage(t, 0, 0);
}
