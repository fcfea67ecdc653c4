// COCO files of rendered pictures, and sets written in parts that can be resumed.
import { mkdir, writeFile, readFile, rename, rm, access } from 'node:fs/promises';
import { join } from 'node:path';
import { CLASSES } from './labels.js';

const CATEGORIES = CLASSES.map((name, id) => ({ id, name }));

export async function writeAtomically(path, text) {
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}

export function coco(records, description) {
  const images = [], annotations = [];
  for (const r of records) {
    images.push({ id: r.id, file_name: `images/${r.file}`, width: r.width, height: r.height, labelled_classes: r.counts ?? CLASSES.map((_, i) => i), rendered: true, light: r.light, ...(r.background ? { background: r.background } : {}) });
    for (const f of r.found) annotations.push({ id: annotations.length + 1, image_id: r.id, category_id: f.category, bbox: f.bbox, area: f.bbox[2] * f.bbox[3], iscrowd: f.ignore ? 1 : 0, ...(f.photo ? { from_photo: true } : {}) });
  }
  return JSON.stringify({ info: { description, rendered: true }, licenses: [{ id: 1, name: 'Apache-2.0' }], images, annotations, categories: CATEGORIES });
}

// The records of a part that was cut off; empty if it was never begun.
async function begun(dir) {
  try { return JSON.parse(await readFile(join(dir, 'begun.json'), 'utf8')); } catch { return []; }
}

const exists = (p) => access(p).then(() => true, () => false);

// Draws `count` pictures into parts of `part` each: out-00, out-01, ... A part whose
// annotations.json is there is left alone, one that was cut off goes on where it was. `draw(i)` returns { jpeg, width, height, found, ... }.
export async function produce({ out, count, part, prefix, description, open, from = 0, step = 1 }) {
  const parts = Math.ceil(count / part);
  let opened = null; // one page for all parts: its first pictures are slow
  for (let p = from; p < parts; p += step) {
    const dir = parts > 1 ? `${out}-${String(p).padStart(2, '0')}` : out;
    if (await exists(join(dir, 'annotations.json'))) { console.log(`${dir} is complete`); continue; }
    await mkdir(join(dir, 'images'), { recursive: true });
    opened ??= await open();
    const records = await begun(dir), first = records.length, t0 = Date.now();
    for (let i = p * part + first; i < Math.min(count, (p + 1) * part); i++) {
      const r = await opened.draw(i), file = `${prefix}-${String(i).padStart(5, '0')}.jpg`;
      await writeFile(join(dir, 'images', file), Buffer.from(r.jpeg, 'base64'));
      delete r.jpeg;
      records.push({ id: records.length + 1, file, ...r });
      if (records.length % 20) continue;
      await writeAtomically(join(dir, 'begun.json'), JSON.stringify(records));
      console.log(`${dir} ${records.length} ${((Date.now() - t0) / (records.length - first)).toFixed(0)} ms each`);
    }
    await writeAtomically(join(dir, 'annotations.json'), coco(records, description));
    await rm(join(dir, 'begun.json'), { force: true });
    console.log(`${dir}: ${records.length} pictures, ${records.reduce((s, r) => s + r.found.length, 0)} boxes in ${((Date.now() - t0) / 1000).toFixed(0)} s`);
  }
  await opened?.close();
}
