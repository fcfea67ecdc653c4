// The camera's projection and its inverse agree with each other and with three.js.
import test from 'node:test';
import assert from 'node:assert/strict';
import * as THREE from 'three';
import { project, toGround, lookAt, applyTo, toLonLat, fromLonLat } from '../camera.js';
import { CAMERAS } from '../world.js';
import { groundPoints } from '../site.js';

test('ground points come back from the picture', () => {
  for (const cam of CAMERAS) for (const u of [0.05, 0.5, 0.95]) for (const v of [0.4, 0.7, 0.98]) {
    const [x, z] = toGround(cam, u, v);
    const p = project(cam, [x, 0, z]);
    assert.ok(Math.abs(p.u - u) < 1e-9 && Math.abs(p.v - v) < 1e-9 && p.depth > 0);
  }
});

test('above the horizon there is no ground', () => {
  assert.equal(toGround({ ...CAMERAS[0], pitch: 5 }, 0.5, 0.01), null);
});

test('plain arithmetic and three.js see the same picture', () => {
  const cam = lookAt(3, 6.5, -2, 14, -9, 66, 1280, 720), three = new THREE.PerspectiveCamera();
  applyTo(three, cam);
  for (const point of [[14, 0, -9], [10, 1.5, -6], [25, 3, -12]]) {
    const a = project(cam, point), b = new THREE.Vector3(...point).project(three);
    assert.ok(Math.abs(a.u - (b.x + 1) / 2) < 1e-6 && Math.abs(a.v - (1 - b.y) / 2) < 1e-6);
  }
  const mid = project(cam, [14, 0, -9]);
  assert.ok(Math.abs(mid.u - 0.5) < 1e-9 && Math.abs(mid.v - 0.5) < 1e-9);
});

test('site points: at least five per camera, exact on the ground', () => {
  for (const cam of CAMERAS) {
    const points = groundPoints(cam);
    assert.ok(points.length >= 5);
    for (const { image, lon, lat } of points) {
      const [x, z] = fromLonLat(lon, lat), p = project(cam, [x, 0, z]);
      assert.ok(Math.hypot(p.u - image[0], p.v - image[1]) < 1e-4);
    }
  }
});

test('north is up and east is right on the map', () => {
  const o = toLonLat(0, 0), p = toLonLat(100, -100);
  assert.ok(p.lon > o.lon && p.lat > o.lat);
});
