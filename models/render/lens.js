// What lens, sensor and coder do to a drawn frame: bloom, rain, haze, blur, noise, tint.
const sheet = (w, h) => { const c = document.createElement('canvas'); c.width = w; c.height = h; return [c, c.getContext('2d', { willReadFrequently: true })]; };

function bloom(x, src, w, h, k) {
  const [c, b] = sheet(w >> 2, h >> 2);
  b.filter = 'brightness(0.75) contrast(3.2) blur(3px)';
  b.drawImage(src, 0, 0, c.width, c.height);
  x.globalCompositeOperation = 'lighter'; x.globalAlpha = k; x.imageSmoothingEnabled = true;
  x.drawImage(c, 0, 0, w, h);
  x.globalCompositeOperation = 'source-over'; x.globalAlpha = 1;
}

function rainfall(x, w, h, r, k) {
  const lean = r.range(-0.25, 0.25), n = Math.round(k * 420);
  x.lineWidth = 1;
  for (let i = 0; i < n; i++) { const a = r.f() * w, b = r.f() * h, l = r.range(6, 26); x.strokeStyle = `rgba(215,222,230,${r.range(0.05, 0.32)})`; x.beginPath(); x.moveTo(a, b); x.lineTo(a + lean * l, b + l); x.stroke(); }
  for (let i = r.chance(0.4) ? r.int(2, 14) : 0; i > 0; i--) { // drops on the glass
    const a = r.f() * w, b = r.f() * h, q = r.range(3, 15), g = x.createRadialGradient(a, b, q * 0.2, a, b, q);
    g.addColorStop(0, 'rgba(230,235,240,.35)'); g.addColorStop(0.8, 'rgba(120,130,140,.2)'); g.addColorStop(1, 'rgba(0,0,0,0)'); x.fillStyle = g; x.fillRect(a - q, b - q, 2 * q, 2 * q);
  }
}

function grain(x, w, h, rng, noise, warm) {
  const im = x.getImageData(0, 0, w, h), d = im.data, hot = 1 + warm, cold = 1 - warm;
  let s = rng.int(1, 2 ** 31 - 1);
  for (let i = 0; i < d.length; i += 4) {
    s ^= s << 13; s ^= s >>> 17; s ^= s << 5;
    const n = (((s & 1023) + ((s >>> 10) & 1023)) / 1023 - 1) * noise, c = (((s >>> 20) & 255) / 255 - 0.5) * noise * 0.7;
    d[i] = d[i] * hot + n + c; d[i + 1] += n; d[i + 2] = d[i + 2] * cold + n - c;
  }
  x.putImageData(im, 0, 0);
}

function sharpen(x, w, h, k = 0.45) {
  const im = x.getImageData(0, 0, w, h), d = im.data, o = d.slice();
  for (let y = 1; y < h - 1; y++) for (let i = (y * w + 1) * 4, e = (y * w + w - 1) * 4; i < e; i++) if ((i & 3) !== 3) d[i] = o[i] * (1 + k) - (o[i - 4] + o[i + 4] + o[i - 4 * w] + o[i + 4 * w]) * 0.25 * k;
  x.putImageData(im, 0, 0);
}

// Draws `source` through the lens onto `target`'s context.
export function through(source, x, w, h, p, rng) {
  const [c, q] = sheet(Math.round(w * p.shrink), Math.round(h * p.shrink));
  q.imageSmoothingQuality = 'high';
  q.drawImage(source, 0, 0, c.width, c.height);
  x.filter = `blur(${p.blur}px) brightness(${p.brightness}) contrast(${p.contrast}) saturate(${p.saturate})`;
  x.drawImage(c, 0, 0, w, h);
  x.filter = 'none';
  if (p.motion) for (let i = 1; i < 4; i++) { x.globalAlpha = 1 / (i + 1); x.drawImage(c, (i * p.motion) / 2, 0, w, h); x.globalAlpha = 1; }
  if (p.bloom) bloom(x, source, w, h, p.bloom);
  if (p.rain) rainfall(x, w, h, rng, p.rain);
  if (p.haze) { x.fillStyle = `rgba(190,195,198,${p.haze})`; x.fillRect(0, 0, w, h); }
  if (p.vignette) { const g = x.createRadialGradient(w / 2, h / 2, Math.min(w, h) * 0.35, w / 2, h / 2, Math.max(w, h) * 0.72); g.addColorStop(0, 'rgba(0,0,0,0)'); g.addColorStop(1, `rgba(0,0,0,${p.vignette})`); x.fillStyle = g; x.fillRect(0, 0, w, h); }
  if (p.sharpen) sharpen(x, w, h);
  if (p.noise || p.warm) grain(x, w, h, rng, p.noise, p.warm);
}
