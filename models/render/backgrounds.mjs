// Photographs that pictures are composed onto: a COCO file and the folder of its pictures.
// `labelled_classes` says which classes of a photograph are labelled; it passes to the
// composed picture. Optional per image: `hint` (see composed.js) and `weight`.
import { readFile } from 'node:fs/promises';
import { Rng } from './rng.js';
import { CLASSES } from './labels.js';

export async function readBackgrounds(file) {
  const coco = JSON.parse(await readFile(file, 'utf8')), byImage = new Map();
  const name = new Map(coco.categories.map((c) => [c.id, CLASSES.indexOf(c.name)]));
  for (const a of coco.annotations) {
    const category = name.get(a.category_id);
    if (category === undefined || category < 0) continue;
    if (!byImage.has(a.image_id)) byImage.set(a.image_id, []);
    byImage.get(a.image_id).push({ category, bbox: a.bbox, ignore: Boolean(a.iscrowd) });
  }
  const all = coco.images.map((i) => ({
    file: i.file_name, weight: i.weight ?? 1, hint: i.hint ?? {}, labels: byImage.get(i.id) ?? [],
    counts: (i.labelled_classes ?? coco.categories.map((c) => c.id)).map((c) => name.get(c)).filter((c) => c >= 0),
  }));
  if (!all.length) throw new Error(`${file} holds no pictures: name a COCO file with images`);
  return all;
}

export const urlOf = (b) => `/bg/${b.file.split('/').map(encodeURIComponent).join('/')}`;
export const pickBackground = (all, seed) => new Rng(`background/${seed}`).weighted(all.map((b) => [b.weight, b]));
// The few photographs whose parts serve as ad pictures and prints.
export const lent = (all, seed, n = 40) => { const r = new Rng(`lent/${seed}`); return Array.from({ length: Math.min(n, all.length) }, () => urlOf(r.pick(all))); };
