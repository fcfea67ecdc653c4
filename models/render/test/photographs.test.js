// The list of background photographs: what passes on which labels, and what is left out.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gather } from '../photographs.mjs';

const seen = JSON.parse(await readFile(new URL('../photographs.json', import.meta.url), 'utf8'));
const categories = ['bin_overflow', 'bin_normal', 'garbage_pile', 'ad_sign', 'billboard', 'street_stall', 'banner'].map((name, id) => ({ id, name }));

async function folder(sets) {
  const dir = await mkdtemp(join(tmpdir(), 'photographs-'));
  for (const [set, { images, annotations = [] }] of Object.entries(sets)) {
    await mkdir(join(dir, set));
    const full = images.map((i, id) => ({ id, width: 640, height: 360, source: 's', ...i }));
    await writeFile(join(dir, set, 'train.json'), JSON.stringify({ images: full, annotations, categories }));
  }
  return dir;
}

test('street photographs pass on boards and stalls, banners as regions to ignore', async () => {
  const annotations = [[5, 0], [6, 0], [0, 1]].map(([category_id, image_id]) => ({ category_id, image_id, bbox: [1, 2, 30, 40] }));
  const dir = await folder({ street_extra: { images: [{ file_name: 'a.jpg', scene_group: 'web' }, { file_name: 'b.jpg', scene_group: 'web' }], annotations }, street: { images: [] } });
  const list = JSON.parse(await gather(dir));
  assert.deepEqual(list.images.map((i) => [i.file_name, i.weight]), [['street_extra/images/a.jpg', seen.streets.weight], ['street_extra/images/b.jpg', seen.streets.empty_weight]]);
  assert.deepEqual(list.annotations.map((a) => [a.image_id, a.category_id, a.iscrowd]), [[1, 5, 0], [1, 4, 1], [2, 0, 0]]);
});

test('unfit facades, facades that are in street_extra too and unknown bins are left out', async () => {
  const facade = (file_name) => ({ file_name, labelled_classes: [3] });
  const street = { images: [facade(seen.facades.unfit[0]), facade('twice.jpg'), facade('fine.jpg'), { file_name: 'x.jpg', labelled_classes: [0, 1, 2] }, { file_name: seen.bins.fit[0], labelled_classes: [0, 1, 2] }] };
  const dir = await folder({ street_extra: { images: [{ file_name: 'twice.png', scene_group: 'facade' }] }, street });
  const list = JSON.parse(await gather(dir));
  assert.deepEqual(list.images.map((i) => i.file_name.split('/').pop()), ['twice.png', 'fine.jpg', seen.bins.fit[0]]);
  assert.deepEqual(list.images.map((i) => i.labelled_classes), [[4, 5], [3, 4, 5], [0, 1, 2, 4, 5]]);
});

test('a folder without known photographs is refused by name', async () => {
  const dir = await folder({ street_extra: { images: [] }, street: { images: [] } });
  await assert.rejects(gather(dir), /holds no photograph/);
});
