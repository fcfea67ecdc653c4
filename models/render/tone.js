// Numbers of a photograph and of a rendered layer, and the tone curve that brings the
// layer to the photograph: brightness, contrast, colour cast, saturation, haze.

// Statistics of RGBA bytes; only pixels that are opaque and pass `keep(x, y)` count.
export function statistics(d, width, keep = () => true, step = 4) {
  const n = [0, 0, 0], hist = new Uint32Array(256);
  let count = 0, sum = 0, sum2 = 0, sat = 0;
  for (let k = 0, i = 0; k < d.length; k += 4 * step, i += step) {
    if (d[k + 3] < 220 || !keep(i % width, Math.floor(i / width))) continue;
    const r = d[k], g = d[k + 1], b = d[k + 2], l = 0.299 * r + 0.587 * g + 0.114 * b, top = Math.max(r, g, b);
    n[0] += r; n[1] += g; n[2] += b; hist[Math.min(255, l | 0)]++; count++; sum += l; sum2 += l * l;
    sat += top > 8 ? (top - Math.min(r, g, b)) / top : 0;
  }
  if (!count) return null;
  const mean = sum / count, at = (q) => { let t = q * count; for (let v = 0; v < 256; v++) if ((t -= hist[v]) <= 0) return v; return 255; };
  return { mean, std: Math.sqrt(Math.max(0, sum2 / count - mean * mean)), cast: n.map((v) => v / count / Math.max(1, mean)), saturation: sat / count, low: at(0.02), high: at(0.98), median: at(0.5) };
}

// How sharp and how noisy a picture is: mean strength of its edges, and of its calm areas.
export function texture(d, width, height) {
  let edge = 0, n = 0;
  const calm = [];
  for (let y = 1; y < height - 1; y += 2) for (let x = 1; x < width - 1; x += 2) {
    const k = (y * width + x) * 4 + 1, v = Math.abs(4 * d[k] - d[k - 4] - d[k + 4] - d[k - 4 * width] - d[k + 4 * width]);
    edge += v; n++;
    if ((x & 7) === 1) calm.push(v);
  }
  calm.sort((a, b) => a - b);
  return { sharpness: edge / n, noise: calm[Math.floor(calm.length * 0.25)] / 4.5 };
}

// The curve as numbers; `strength` 0..1 says how far the layer gives way to the photograph.
export function match(photo, layer, rng) {
  const strength = rng.range(0.35, 0.8), mix = (a, b) => a + (b - a) * strength;
  const goal = mix(layer.mean, photo.mean * rng.range(0.9, 1.3)), gain = Math.min(1.9, Math.max(0.35, goal / Math.max(20, layer.mean)));
  const spread = Math.min(1.5, Math.max(0.55, mix(1, (photo.std * rng.range(0.95, 1.4)) / Math.max(12, layer.std * gain))));
  return {
    gain: photo.cast.map((c, i) => gain * Math.min(1.35, Math.max(0.75, mix(1, c / Math.max(0.4, layer.cast[i]) * 0.5 + 0.5)))),
    contrast: spread, pivot: goal, saturation: Math.min(1.15, Math.max(0.45, mix(1, (photo.saturation * 1.7 + 0.08) / Math.max(0.1, layer.saturation)))),
    lift: photo.low * rng.range(0.2, 0.8) * strength, ceiling: Math.max(170, photo.high),
  };
}

export function applyTone(d, t) {
  for (let k = 0; k < d.length; k += 4) {
    if (!d[k + 3]) continue;
    const c = [0, 1, 2].map((i) => t.pivot + (d[k + i] * t.gain[i] - t.pivot) * t.contrast), l = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
    for (let i = 0; i < 3; i++) {
      const v = l + (c[i] - l) * t.saturation, w = t.lift + Math.max(0, v) * (1 - t.lift / 255);
      d[k + i] = w > t.ceiling ? t.ceiling + (w - t.ceiling) * 0.4 : w;
    }
  }
}
