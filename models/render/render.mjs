// Command line; see USAGE.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { spawn } from 'node:child_process';
import { openPage } from './browser.mjs';
import { produce, writeAtomically } from './coco.mjs';
import { readBackgrounds, pickBackground, urlOf, lent } from './backgrounds.mjs';
import { gather } from './photographs.mjs';
import { WORLD, CAMERAS } from './world.js';
import { truthJson, siteToml, gridsJson } from './site.js';

const USAGE = `Renders street pictures with COCO boxes, and the demo clips.

usage:
  node render.mjs pictures --out DIR --count N --seed S [--split train|val] [--part N] [--from P --step K]
      whole rendered streets
  node render.mjs backgrounds --images DIR --out FILE
      the list of photographs that compose needs; DIR holds street/ and street_extra/
  node render.mjs compose --backgrounds FILE --images DIR --out DIR --count N --seed S [--split train|val] [--part N] [--from P --step K]
      rendered objects on photographs
  node render.mjs clips --out DIR [--times 0,10,.. | --papers] [--camera cam-N] [--bitrate KBIT]
      the demo's clips

A run that was cut off goes on when it is called again. exit 0: done, 1: failed, 2: wrong call`;

const numbers = ({ count, part = count, from, step }) => ({ count: Number(count), part: Number(part), from: Number(from), step: Number(step) });

async function pictures({ out, seed, split, ...rest }) {
  await produce({
    out, ...numbers(rest), prefix: `${split}-${seed}`, description: `Street scenes rendered by the streetwarden project (not photographs), seed ${seed}, split ${split}`,
    open: async () => {
      const opened = await openPage();
      return { draw: (i) => opened.page.evaluate(([s, sp]) => window.picture(s, sp), [`${seed}-${i}`, split]), close: opened.close };
    },
  });
}

async function compose({ out, seed, split, backgrounds, images, ...rest }) {
  const all = await readBackgrounds(backgrounds);
  await produce({
    out, ...numbers(rest), prefix: `composed-${seed}`, description: `Objects rendered by the streetwarden project, composed onto photographs, seed ${seed}; the photographs keep their own licences`,
    open: async () => {
      const opened = await openPage({ '/bg/': images });
      await opened.page.evaluate((u) => window.lendPhotos(u), lent(all, seed));
      const draw = async (i) => {
        const b = pickBackground(all, `${seed}-${i}`), photo = { url: urlOf(b), counts: b.counts, labels: b.labels, hint: b.hint };
        return { ...await opened.page.evaluate(([s, sp, p]) => window.composed(s, sp, p), [`${seed}-${i}`, split, photo]), counts: b.counts, background: b.file };
      };
      return { draw, close: opened.close };
    },
  });
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

const backgrounds = async ({ out, images }) => writeAtomically(out, await gather(images));

const OPTIONS = {
  help: { type: 'boolean', short: 'h' }, out: { type: 'string' }, count: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' }, split: { type: 'string', default: 'train' },
  part: { type: 'string' }, from: { type: 'string', default: '0' }, step: { type: 'string', default: '1' }, backgrounds: { type: 'string' }, images: { type: 'string' },
  camera: { type: 'string' }, times: { type: 'string' }, bitrate: { type: 'string', default: '165' }, papers: { type: 'boolean', default: false },
};
const COMMANDS = { pictures: [pictures, 'out'], backgrounds: [backgrounds, 'out', 'images'], compose: [compose, 'out', 'backgrounds', 'images'], clips: [clips, 'out'] };

// What was asked, or an error that names what is wrong with the call.
function asked(argv) {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: OPTIONS }), command = COMMANDS[positionals[0]];
  if (values.help) return { values };
  if (!command || positionals.length > 1) throw new Error(`no such command: ${positionals.join(' ') || '(none)'}`);
  for (const needed of command.slice(1)) if (!values[needed]) throw new Error(`${positionals[0]} needs --${needed}`);
  for (const number of ['count', 'part', 'from', 'step', 'bitrate']) if (!/^\d+$/.test(values[number] ?? 0)) throw new Error(`--${number} is not a number: ${values[number]}`);
  if (!['train', 'val'].includes(values.split)) throw new Error(`--split is train or val, not ${values.split}`);
  return { go: command[0], values };
}

try {
  const { go, values } = asked(process.argv.slice(2));
  if (!go) console.log(USAGE);
  else await go(values).catch((e) => { console.error(`error: ${e.message}`); process.exitCode = 1; });
} catch (e) {
  console.error(`error: ${e.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
