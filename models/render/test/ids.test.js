// The id pass in a real browser: boxes of tinted instanced heaps are their own, to the pixel.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { openPage } from '../browser.mjs';

const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';

test('an instanced heap keeps its id and its box', { skip: !existsSync(chromium) && 'no Chromium here' }, async () => {
  const { page, close } = await openPage();
  const boxes = await page.evaluate(async () => {
    const THREE = await import('three'), { Stage } = await import('/stage.js'), { many } = await import('/assets/parts.js'), { box, group } = await import('/scene/prims.js');
    const stage = new Stage(), scene = new THREE.Scene(), camera = new THREE.OrthographicCamera(-5, 5, 5, -5, 0.1, 50);
    camera.position.set(0, 0, 20);
    const heap = (x) => group(many('box', [{ at: [x, 0, 0], size: [0.5, 0.5, 0.5], turn: [0, 0, 0], color: 0x203010 }])), objects = [group(box(1, 1, 1, 0xff0000, -3, -0.5, 0)), heap(0), heap(3)];
    scene.add(...objects);
    scene.updateMatrixWorld(true);
    stage.size(100, 100);
    return stage.boxes(scene, camera, objects, 100, 100).map((r) => [objects.indexOf(r.object), ...r.box.map((v) => Math.round(v * 100))]);
  });
  await close();
  assert.deepEqual(boxes, [[0, 15, 45, 25, 55], [1, 45, 45, 55, 55], [2, 75, 45, 85, 55]]);
});
