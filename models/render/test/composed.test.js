// Composing onto photographs: perspective, kept labels, tone, determinism.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Rng } from '../rng.js';
import { basis, project } from '../camera.js';
import { composeOnto, guessCamera } from '../composed.js';
import { keptLabels, covered } from '../kept.js';
import { statistics, match, applyTone } from '../tone.js';
import { entries } from '../labels.js';

const PHOTO = { width: 640, height: 480, counts: [4, 5], hint: {} };

test('the guessed camera puts the horizon where it says', () => {
  for (let i = 0; i < 30; i++) {
    const cam = guessCamera(new Rng(i), 640, 480, i % 2 ? {} : { horizon: [0.7, 0.85] });
    const far = project(cam, [cam.x, cam.y, cam.z - 1e6], basis(cam));
    assert.ok(Math.abs(far.v - cam.horizon) < 1e-6);
  }
});

test('a seed fixes the composed scene', () => {
  const print = (seed) => { const s = composeOnto(seed, 'train', PHOTO); s.scene.updateMatrixWorld(true); return JSON.stringify([s.cam, s.light, s.labelled.map((o) => [o.userData.cls, ...o.matrixWorld.elements.map((v) => v.toFixed(6))])]); };
  assert.equal(print('7'), print('7'));
  assert.notEqual(print('7'), print('8'));
});

test('objects stand on the ground and at a distance', () => {
  for (let i = 0; i < 12; i++) for (const o of composeOnto(`g${i}`, 'train', PHOTO).labelled.filter((x) => x.userData.cls === 'street_stall')) {
    assert.equal(o.position.y, 0);
    assert.ok(Math.hypot(o.position.x, o.position.z) >= 2);
  }
});

test("stalls are not put where the photograph's stalls are not labelled", () => {
  for (let i = 0; i < 20; i++) assert.ok(composeOnto(`n${i}`, 'train', { ...PHOTO, counts: [0, 1, 2] }).labelled.every((o) => !['street_stall', 'billboard'].includes(o.userData.cls)));
});

test("the photograph's labels are kept, ignored when covered, dropped outside", () => {
  const w = 100, h = 50, layer = new Uint8ClampedArray(w * h * 4), frame = { w, h, box: (b) => b };
  for (let y = 0; y < h; y++) for (let x = 50; x < w; x++) layer[(y * w + x) * 4 + 3] = 255;
  const kept = keptLabels([[10, 10, 20, 20], [60, 10, 20, 20], [200, 10, 20, 20]].map((bbox) => ({ category: 3, bbox, ignore: false })), frame, layer);
  assert.deepEqual(kept.map((k) => k.ignore), [false, true]);
  assert.deepEqual(kept[0].bbox, [10, 10, 20, 20]);
  assert.ok(covered(layer, w, 40, 0, 60, 50) > 0.45);
});

test('the tone curve brings a layer toward the photograph', () => {
  const fill = (v) => { const d = new Uint8ClampedArray(64 * 64 * 4); for (let i = 0; i < d.length; i++) d[i] = i % 4 === 3 ? 255 : v + ((i >> 2) % 40); return d; };
  const dark = fill(30), bright = fill(180), photo = statistics(dark, 64), before = statistics(bright, 64);
  applyTone(bright, match(photo, before, new Rng('t')));
  const after = statistics(bright, 64);
  assert.ok(Math.abs(after.mean - photo.mean) < Math.abs(before.mean - photo.mean) * 0.8);
});

test('much hidden objects and banners become regions to ignore', () => {
  const stall = { userData: { cls: 'street_stall' } }, banner = { userData: { ignore: 'billboard' } }, size = { width: 100, height: 100, share: () => 1 };
  const out = entries([{ object: stall, hidden: 0.1, box: [0, 0, 0.5, 0.5] }, { object: stall, hidden: 0.9, box: [0, 0, 0.5, 0.5] }, { object: banner, hidden: 0, box: [0, 0, 0.5, 0.5] }], size);
  assert.deepEqual(out.map((e) => [e.category, e.ignore]), [[5, false], [5, true], [4, true]]);
});
