// Command line: `pictures` renders training pictures with COCO boxes, `clips` the demo clips.
import { mkdir, writeFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { spawn } from 'node:child_process';
import { openPage } from './browser.mjs';
import { WORLD, CAMERAS } from './world.js';
import { truthJson, siteToml, gridsJson } from './site.js';

const CATEGORIES = ['bin_overflow', 'bin_normal', 'garbage_pile', 'ad_sign', 'billboard', 'street_stall'].map((name, id) => ({ id, name }));
const USAGE = `usage:
  node render.mjs pictures --out DIR --count N --seed S [--split train|val]
  node render.mjs clips --out DIR [--times 0,10,.. | --papers] [--camera cam-N] [--bitrate KBIT]`;

async function writeAtomically(path, text) {
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}

async function writeCoco(dir, seed, split, records) {
  const images = [], annotations = [];
  for (const r of records) {
    images.push({ id: r.id, file_name: `images/${r.file}`, width: r.width, height: r.height, labelled_classes: CATEGORIES.map((c) => c.id), rendered: true, light: r.light });
    for (const f of r.found) annotations.push({ id: annotations.length + 1, image_id: r.id, category_id: f.category, bbox: f.bbox, area: f.bbox[2] * f.bbox[3], iscrowd: 0 });
  }
  const info = { description: `Street scenes rendered by the streetwarden project (not photographs), seed ${seed}, split ${split}`, rendered: true };
  await writeAtomically(join(dir, 'annotations.json'), JSON.stringify({ info, licenses: [{ id: 1, name: 'Apache-2.0' }], images, annotations, categories: CATEGORIES }));
}

async function pictures({ out, count, seed, split }) {
  const n = Number(count), dir = join(out, 'images'), records = [];
  await mkdir(dir, { recursive: true });
  const opened = await openPage();
  const t0 = Date.now();
  for (let i = 0; i < n; i++) {
    const r = await opened.page.evaluate(([s, sp]) => window.picture(s, sp), [`${seed}-${i}`, split]);
    const file = `${split}-${seed}-${String(i).padStart(5, '0')}.jpg`;
    await writeFile(join(dir, file), Buffer.from(r.jpeg, 'base64'));
    records.push({ id: i + 1, file, width: r.width, height: r.height, light: r.light, found: r.found });
    if (i % 25 === 24) console.log(`${i + 1}/${n} ${((Date.now() - t0) / (i + 1)).toFixed(0)} ms each`);
  }
  await opened.close();
  await writeCoco(out, seed, split, records);
  console.log(`${n} pictures, ${records.reduce((s, r) => s + r.found.length, 0)} boxes in ${((Date.now() - t0) / 1000).toFixed(0)} s`);
}

// One camera's clip: frames go to ffmpeg as they are drawn; a keyframe opens every second.
async function encode(page, cam, path, bitrate) {
  const { fps, duration } = WORLD;
  const args = `-y -loglevel error -f image2pipe -c:v mjpeg -framerate ${fps} -i - -an -c:v libx264 -preset slow -b:v ${bitrate}k -maxrate ${bitrate * 2}k -bufsize ${bitrate * 4}k
    -g ${fps} -keyint_min ${fps} -sc_threshold 0 -bf 0 -pix_fmt yuv420p -color_range tv -vf scale=out_range=tv -flags +cgop -movflags +faststart ${path}`.split(/\s+/);
  const ffmpeg = spawn('ffmpeg', args, { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = new Promise((done, fail) => ffmpeg.on('close', (c) => (c === 0 ? done() : fail(new Error(`ffmpeg exit ${c}`)))));
  const t0 = Date.now();
  for (let i = 0; i < fps * duration; i++) {
    const jpeg = await page.evaluate((t) => window.frame(t), i / fps);
    if (!ffmpeg.stdin.write(Buffer.from(jpeg, 'base64'))) await new Promise((done) => ffmpeg.stdin.once('drain', done));
    if (i % 80 === 79) console.log(`${cam.id} ${i + 1}/${fps * duration} ${((Date.now() - t0) / (i + 1)).toFixed(0)} ms each`);
  }
  ffmpeg.stdin.end();
  await ended;
}

// Clips, truth, site and grids into `out`; with --times only still frames for a look,
// with --papers everything but the clips.
async function clips({ out, camera, times, bitrate, papers }) {
  await mkdir(join(out, 'clips'), { recursive: true });
  const opened = await openPage(), boxes = [], chosen = CAMERAS.filter((c) => !camera || c.id === camera);
  for (const cam of chosen) {
    await opened.page.evaluate((id) => window.openCamera(id), cam.id);
    for (const t of times ? times.split(',').map(Number) : []) {
      await writeFile(join(out, `${cam.id}-${String(t).padStart(3, '0')}.jpg`), Buffer.from(await opened.page.evaluate((s) => window.frame(s), t), 'base64'));
      boxes.push(...await opened.page.evaluate((s) => window.truth(s), t));
    }
    if (times) continue;
    for (let t = 0; t < WORLD.duration; t++) boxes.push(...await opened.page.evaluate((s) => window.truth(s), t));
    if (!papers) await encode(opened.page, cam, join(out, 'clips', `${cam.id}.mp4`), Number(bitrate));
  }
  await opened.close();
  if (camera && !times) return; // one clip alone leaves the papers of all four as they are
  await writeAtomically(join(out, 'truth.json'), truthJson(boxes));
  await writeAtomically(join(out, 'site.toml'), siteToml());
  await writeAtomically(join(out, 'grids.geojson'), gridsJson());
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' }, count: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' }, split: { type: 'string', default: 'train' },
    camera: { type: 'string' }, times: { type: 'string' }, bitrate: { type: 'string', default: '165' }, papers: { type: 'boolean', default: false },
  },
});
if (positionals[0] === 'pictures' && values.out) await pictures(values);
else if (positionals[0] === 'clips' && values.out) await clips(values);
else { console.error(USAGE); process.exitCode = 2; }
