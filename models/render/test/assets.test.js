// Every asset can be built, is finite, and knows what it is labelled as; splits share no held shape.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Rng } from '../rng.js';
import { stall, STALLS } from '../assets/stalls.js';
import { board, BOARDS, facadeBoard, curvedScreen, roofBoard } from '../assets/boards.js';
import { decoy, DECOYS } from '../assets/decoys.js';
import { figure } from '../assets/figures.js';
import { useSplit, isHeld } from '../assets/variants.js';
import { claims } from '../labels.js';
import { turnedAway } from '../outline.js';

function finite(object, name) {
  object.traverse((m) => {
    if (!m.isMesh) return;
    const numbers = m.isInstancedMesh ? m.instanceMatrix.array : m.geometry.attributes.position.array;
    assert.ok(numbers.every(Number.isFinite), `${name} has a coordinate that is no number`);
  });
  for (const p of object.userData.people ?? []) finite(p, `${name}'s people`);
}
const times = (key, n, f) => { for (let i = 0; i < n; i++) f(new Rng(`${key}${i}`)); };

test('all shapes are finite', () => {
  for (const k of STALLS) times(k, 6, (r) => finite(stall(r, k), k));
  for (const k of BOARDS) times(k, 4, (r) => finite(board(r, k), k));
  for (const k of DECOYS) times(k, 4, (r) => finite(decoy(r, k), k));
  for (const p of ['stand', 'walk', 'sit']) times(p, 6, (r) => finite(figure(r, p), p));
});

test('a stall is labelled whole, a board by its body without posts', () => {
  assert.deepEqual(claims(stall(new Rng(1), 'handcart')).map((o) => o.userData.cls), ['street_stall']);
  for (const k of BOARDS) {
    const g = board(new Rng(k), k), parts = claims(g);
    assert.ok(parts.length > 0 && parts.every((p) => p !== g && p.userData.cls === 'billboard'), k);
  }
  for (const g of [facadeBoard(new Rng(2), 4, 2), curvedScreen(new Rng(3), 5, 3), roofBoard(new Rng(4))]) assert.equal(claims(g)[0].userData.cls, 'billboard');
});

test('look-alikes carry no class; a banner is a region to ignore', () => {
  for (const k of DECOYS) for (const o of claims(decoy(new Rng(k), k))) assert.ok(!o.userData.cls && o.userData.ignore);
});

test('train never shows a held-out shape, val shows only those', () => {
  const seen = (split) => { useSplit(split); const s = new Set(); times('kind', 250, (r) => s.add(stall(r).userData.kind)); return [...s]; };
  const train = seen('train'), val = seen('val');
  useSplit('train');
  assert.ok(train.length >= 8 && train.every((k) => !isHeld('stall', k)));
  assert.ok(val.length >= 2 && val.every((k) => isHeld('stall', k)));
});

test('a kiosk from behind is not a stall that anybody could tell', () => {
  const cam = { x: 0, y: 1.6, z: 8 };
  for (const k of ['kiosk', 'vanTail', 'handcart']) {
    const g = stall(new Rng(k), k), shut = k !== 'handcart';
    assert.equal(turnedAway(cam, g), false, k);
    g.rotation.y = Math.PI;
    assert.equal(turnedAway(cam, g), shut, k);
  }
});
