// Photographs that the caller's background folder lends as ad pictures and prints while
// pictures are composed. None are part of the project; without them art is drawn by code.
let photos = [];
export const usePhotos = (list) => { photos = list; };
export const hasPhotos = () => photos.length > 0;

// Paints a random part of a random photograph into the rectangle; false if there is none.
export function photoCrop(ctx, x, y, w, h, rng, alpha = 1) {
  if (!photos.length) return false;
  const p = rng.pick(photos), k = rng.range(0.25, 0.8), sw = Math.min(p.width, p.width * k), sh = Math.min(p.height, (sw * h) / w);
  ctx.globalAlpha = alpha;
  ctx.filter = `hue-rotate(${Math.round(rng.range(-60, 60))}deg) saturate(${rng.range(0.7, 1.8).toFixed(2)}) brightness(${rng.range(0.8, 1.3).toFixed(2)})`;
  ctx.drawImage(p, rng.f() * (p.width - sw), rng.f() * (p.height - sh), sw, sh, x, y, w, h);
  ctx.filter = 'none';
  ctx.globalAlpha = 1;
  return true;
}
