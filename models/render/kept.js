// The photograph's own labels after objects were laid over it: kept, ignored when mostly
// covered or cut, dropped when out of the picture.
export function keptLabels(labels, { w, h, box }, layer) {
  return labels.flatMap(({ category, bbox, ignore }) => {
    const [x, y, bw, bh] = box(bbox), x0 = Math.max(0, x), y0 = Math.max(0, y), x1 = Math.min(w, x + bw), y1 = Math.min(h, y + bh);
    if (x1 - x0 < 3 || y1 - y0 < 3) return [];
    const share = ((x1 - x0) * (y1 - y0)) / (bw * bh), free = 1 - covered(layer, w, x0, y0, x1, y1);
    return [{ category, bbox: [x0, y0, x1 - x0, y1 - y0].map(Math.round), ignore: ignore || share < 0.35 || free < 0.5, photo: true }];
  });
}

// The share of a rectangle that opaque pixels of the layer hide.
export function covered(d, width, x0, y0, x1, y1) {
  let n = 0, hit = 0;
  for (let y = Math.floor(y0); y < y1; y += 2) for (let x = Math.floor(x0); x < x1; x += 2) { n++; if (d[(y * width + x) * 4 + 3] > 200) hit++; }
  return n ? hit / n : 0;
}
