// The same seed composes the same scene; another seed does not.
import test from 'node:test';
import assert from 'node:assert/strict';
import { compose, CLASSES } from '../pictures.js';
import { Rng } from '../rng.js';
import { bin } from '../scene/bins.js';
import { stall, STALL_KINDS } from '../scene/stalls.js';

function fingerprint(seed) {
  const s = compose(seed, 'train');
  s.scene.updateMatrixWorld(true);
  let meshes = 0, vertices = 0;
  s.scene.traverse((m) => { if (m.isMesh) { meshes++; vertices += m.geometry.attributes.position.count; } });
  const places = s.labelled.map((o) => [o.userData.cls, ...o.matrixWorld.elements.slice(12, 15).map((v) => v.toFixed(6))]);
  return JSON.stringify({ cam: s.cam, light: s.light, post: s.post, meshes, vertices, places });
}

test('a seed fixes the scene', () => {
  assert.equal(fingerprint('7'), fingerprint('7'));
  assert.notEqual(fingerprint('7'), fingerprint('8'));
});

test('labelled objects carry known classes', () => {
  for (const seed of ['a', 'b', 'c']) for (const o of compose(seed, 'val').labelled) assert.ok(CLASSES.includes(o.userData.cls));
});

test('the fill level decides the class of a bin', () => {
  for (const family of ['wheelie', 'container', 'roundBin', 'twin']) for (const [fill, cls] of [['closed', 'bin_normal'], ['open', 'bin_normal'], ['over', 'bin_overflow']]) {
    assert.equal(bin(new Rng(family), { family, fill }).userData.cls, cls);
  }
});

test('every kind of stall is built with a seller', () => {
  for (const kind of STALL_KINDS) assert.ok(stall(new Rng(kind), kind).userData.people.length > 0);
});
