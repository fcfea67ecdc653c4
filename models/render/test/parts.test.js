// Sets of pictures in parts: written whole, left alone when complete, resumed when cut off.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { produce } from '../coco.mjs';
import { readBackgrounds, pickBackground } from '../backgrounds.mjs';

const set = (out, drawn, stopAt = Infinity) => ({
  out, count: 50, part: 25, prefix: 'x', description: 'test',
  open: async () => ({ close: async () => {}, draw: async (i) => { if (i >= stopAt) throw new Error('cut off'); drawn.push(i); return { jpeg: 'AA==', width: 4, height: 4, light: 'sun', found: [{ category: 5, bbox: [0, 0, 2, 2], ignore: i % 2 === 0 }] }; } }),
});

test('a set is drawn in parts and goes on after a cut', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parts-')), out = join(dir, 'set'), first = [], second = [];
  await assert.rejects(produce(set(out, first, 48)));
  await produce(set(out, second));
  assert.deepEqual(first.slice(-3), [45, 46, 47]);
  assert.deepEqual(second, [45, 46, 47, 48, 49]);
  const coco = JSON.parse(await readFile(join(`${out}-01`, 'annotations.json'), 'utf8'));
  assert.equal(coco.images.length, 25);
  assert.deepEqual(coco.annotations.slice(0, 2).map((a) => a.iscrowd), [0, 1]);
  assert.deepEqual((await readdir(`${out}-01`)).sort(), ['annotations.json', 'images']);
  await rm(dir, { recursive: true });
});

test('backgrounds keep which classes they label; unknown classes are dropped', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'back-')), file = join(dir, 'a.json');
  await writeFile(file, JSON.stringify({
    categories: [{ id: 7, name: 'billboard' }, { id: 9, name: 'banner' }], images: [{ id: 1, file_name: 'a.jpg', labelled_classes: [7] }, { id: 2, file_name: 'b.jpg', weight: 0 }],
    annotations: [{ image_id: 1, category_id: 7, bbox: [1, 2, 3, 4], iscrowd: 1 }, { image_id: 1, category_id: 9, bbox: [1, 2, 3, 4] }],
  }));
  const all = await readBackgrounds(file);
  assert.deepEqual(all[0].counts, [4]);
  assert.deepEqual(all[0].labels, [{ category: 4, bbox: [1, 2, 3, 4], ignore: true }]);
  assert.equal(pickBackground(all, 's').file, 'a.jpg');
  await rm(dir, { recursive: true });
});
