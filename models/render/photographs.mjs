// Which photographs of the training data serve as backgrounds, and what people saw in them:
// horizons, and the ones unfit to stand objects in (photographs.json).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const SEEN = JSON.parse(await readFile(new URL('photographs.json', import.meta.url), 'utf8'));
const SIGN = 3, BOARD = 4, STALL = 5, BANNER = 6;
const stem = (name) => name.replace(/\.[^.]+$/, '');

async function read(data, set) {
  const coco = JSON.parse(await readFile(join(data, set, 'train.json'), 'utf8')), labels = new Map(coco.images.map((i) => [i.id, []]));
  for (const a of coco.annotations) labels.get(a.image_id)?.push(a);
  return { ...coco, labels };
}

// Only boards, stalls and signs of street_extra are complete enough to pass on; a cloth
// banner is neither a board nor background.
function streetPhoto(image, labels) {
  const facade = image.scene_group === 'facade', { streets, facades } = SEEN;
  const kept = labels.filter((a) => a.category_id <= BANNER).map((a) => (a.category_id === BANNER ? { ...a, category_id: BOARD, iscrowd: 1 } : a));
  const holds = kept.some((a) => a.category_id === BOARD || a.category_id === STALL), middle = streets.horizon[image.file_name] ?? 0.42;
  const hint = facade ? facades.hint : { horizon: [middle - 0.04, middle + 0.04], height: streets.height };
  return { classes: [BOARD, STALL], kept, hint, weight: facade ? 1 : holds ? streets.weight : streets.empty_weight };
}

// A COCO file of backgrounds with hints and weights; file names are relative to `data`, which
// holds street/ and street_extra/. Facade and bin photographs hold neither boards nor stalls
// that would go unlabelled.
export async function gather(data) {
  const extra = await read(data, 'street_extra'), street = await read(data, 'street'), images = [], annotations = [];
  const add = (file, image, { classes, kept, hint, weight }) => {
    images.push({ id: images.length + 1, file_name: file, width: image.width, height: image.height, labelled_classes: classes, hint, weight, source: image.source });
    for (const a of kept) annotations.push({ id: annotations.length + 1, image_id: images.length, category_id: a.category_id, bbox: a.bbox, iscrowd: a.iscrowd ?? 0 });
  };
  for (const i of extra.images) add(`street_extra/images/${i.file_name}`, i, streetPhoto(i, extra.labels.get(i.id)));
  const unfit = new Set(SEEN.facades.unfit), fit = new Set(SEEN.bins.fit), twice = new Set(extra.images.map((i) => stem(i.file_name)));
  for (const i of street.images) {
    const kept = street.labels.get(i.id), file = `street/images/train/${i.file_name}`, signs = i.labelled_classes.length === 1 && i.labelled_classes[0] === SIGN;
    if (signs && !unfit.has(i.file_name) && !twice.has(stem(i.file_name))) add(file, i, { classes: [SIGN, BOARD, STALL], kept, ...SEEN.facades });
    else if (fit.has(i.file_name)) add(file, i, { classes: [...i.labelled_classes, BOARD, STALL], kept, ...SEEN.bins });
  }
  if (!images.length) throw new Error(`${data} holds no photograph that is known here: name the folder with street/ and street_extra/`);
  return JSON.stringify({ images, annotations, categories: extra.categories });
}
