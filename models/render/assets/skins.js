// Richer ground, facades and shop fronts for whole scenes: cracks, stains, curtains,
// balconies, cables, several building styles. Stand in for scene/textures.js.
import { texture, fitText, speckle } from '../scene/canvas.js';
import { css, hsl } from '../rng.js';
import { grass } from '../scene/textures.js';
import { words } from './words.js';

const tone = (r, s0, s1, l0, l1) => css(r.hsl(0, 360, s0, s1, l0, l1));
const fill = (c, w, h, color) => { c.fillStyle = color; c.fillRect(0, 0, w, h); };

function crack(c, w, h, r, color = 'rgba(0,0,0,.35)') {
  let x = r.f() * w, y = r.f() * h;
  c.strokeStyle = color; c.lineWidth = r.range(0.5, 1.6); c.beginPath(); c.moveTo(x, y);
  for (let i = 0; i < 14; i++) { x += r.range(-14, 14); y += r.range(-10, 16); c.lineTo(x, y); }
  c.stroke();
}
function stains(c, w, h, r, n, a = 0.16, colors = ['#000', '#2a2010', '#fff']) {
  for (let i = 0; i < n; i++) {
    const x = r.f() * w, y = r.f() * h, k = r.range(0.04, 0.22) * w, g = c.createRadialGradient(x, y, 0, x, y, k);
    c.globalAlpha = r.range(0.02, a); g.addColorStop(0, r.pick(colors)); g.addColorStop(1, 'rgba(0,0,0,0)');
    c.fillStyle = g; c.fillRect(x - k, y - k, 2 * k, 2 * k);
  }
  c.globalAlpha = 1;
}
function drips(c, w, h, r, n) {
  for (let i = 0; i < n; i++) { const x = r.f() * w, y = r.f() * h * 0.7, g = c.createLinearGradient(0, y, 0, y + h * 0.3); g.addColorStop(0, `rgba(20,15,8,${r.range(0.1, 0.35)})`); g.addColorStop(1, 'rgba(20,15,8,0)'); c.fillStyle = g; c.fillRect(x, y, r.range(2, 14), h * 0.3); }
}

export const asphalt = (v) => texture(`asphalt2/${v}`, 384, 384, (c, w, h, r) => {
  const l = r.range(0.2, 0.62), earth = r.chance(0.2);
  fill(c, w, h, css(hsl(r.range(20, 60), earth ? r.range(0.15, 0.4) : r.range(0, 0.1), l)));
  speckle(c, w, h, r, 5000, 2.2, 0.2); stains(c, w, h, r, 22);
  for (let i = r.int(0, 4); i > 0; i--) { c.fillStyle = css(hsl(40, 0.05, Math.max(0.05, l + r.range(-0.12, 0.08)))); c.fillRect(r.f() * w, r.f() * h, r.range(20, 120), r.range(20, 120)); }
  for (let i = r.int(0, 9); i > 0; i--) crack(c, w, h, r);
}, true);

export const paving = (v) => texture(`paving2/${v}`, 384, 384, (c, w, h, r) => {
  const hue = r.range(0, 60), s = r.chance(0.4) ? r.range(0.1, 0.4) : r.range(0, 0.1), l = r.range(0.3, 0.72), nx = r.pick([3, 4, 6, 8, 12, 20]), ny = r.pick([3, 4, 6, 8, 12]), shift = r.chance(0.5) ? 0.5 : 0;
  fill(c, w, h, css(hsl(hue, s, l * 0.7)));
  if (r.chance(0.85)) for (let j = 0; j < ny; j++) for (let i = -1; i < nx; i++) { c.fillStyle = css(hsl(hue + r.range(-6, 6), s, Math.min(0.9, l + r.range(-0.06, 0.06) + (r.chance(0.04) ? -0.15 : 0)))); c.fillRect(((i + (j % 2) * shift) * w) / nx + 1, (j * h) / ny + 1, w / nx - 1.6, h / ny - 1.6); }
  speckle(c, w, h, r, 1500, 3, 0.16); stains(c, w, h, r, 26, 0.22);
  for (let i = r.int(0, 4); i > 0; i--) crack(c, w, h, r);
}, true);

function wall(c, w, h, r, style) {
  const hue = style === 'brick' ? r.range(5, 25) : r.weighted([[4, r.range(20, 50)], [1, r.range(0, 360)]]), s = style === 'brick' ? r.range(0.25, 0.5) : r.range(0.02, 0.4), l = style === 'brick' ? r.range(0.25, 0.45) : r.range(0.4, 0.88);
  fill(c, w, h, css(hsl(hue, s, l)));
  if (style === 'brick') for (let j = 0; j < h; j += 6) for (let i = -1; i < w / 14; i++) { c.fillStyle = css(hsl(hue + r.range(-5, 5), s, l + r.range(-0.07, 0.07))); c.fillRect(i * 14 + (j % 12 ? 7 : 0), j, 13, 5); }
  if (style === 'stone') for (let j = 0; j < h; j += 24) for (let i = 0; i < w / 48; i++) { c.fillStyle = css(hsl(hue, s, l + r.range(-0.04, 0.04))); c.fillRect(i * 48 + (j % 48 ? 24 : 0), j + 1, 46, 22); }
  if (style === 'tile') { c.fillStyle = 'rgba(0,0,0,.08)'; for (let i = 0; i < w; i += 8) { c.fillRect(i, 0, 1, h); c.fillRect(0, i, w, 1); } }
  speckle(c, w, h, r, 900, 3, 0.1); stains(c, w, h, r, 16, 0.14, ['#000', '#2a2010']);
}

function pane(c, x, y, a, b, r, glass) {
  const g = c.createLinearGradient(x, y, x + a * r.range(0, 1), y + b);
  g.addColorStop(0, css(hsl(glass[0], glass[1], Math.min(0.9, glass[2] + r.range(0, 0.35))))); g.addColorStop(0.5, css(hsl(glass[0], glass[1], glass[2]))); g.addColorStop(1, css(hsl(glass[0], glass[1], glass[2] * 0.5)));
  c.fillStyle = g; c.fillRect(x, y, a, b);
  if (r.chance(0.4)) { c.globalAlpha = r.range(0.3, 0.8); c.fillStyle = tone(r, 0, 0.3, 0.5, 0.9); c.fillRect(x, y, a * r.range(0.15, 0.5), b); if (r.chance(0.5)) c.fillRect(x + a * r.range(0.6, 0.85), y, a * 0.15, b); c.globalAlpha = 1; }
}

export const facade = (v) => texture(`facade2/${v}`, 384, 384, (c, w, h, r) => {
  const style = r.weighted([[3, 'plaster'], [1.5, 'brick'], [1.2, 'stone'], [1.5, 'tile'], [0.8, 'glass']]);
  wall(c, w, h, r, style);
  const cols = r.pick([2, 3, 3, 4]), rows = r.pick([2, 3]), big = style === 'glass', ww = big ? 0.95 : r.range(0.3, 0.7), wh = big ? 0.85 : r.range(0.45, 0.75), glass = [r.range(190, 230), r.range(0.05, 0.35), r.range(0.08, 0.35)], frame = tone(r, 0, 0.4, 0.25, 0.95), rail = r.chance(0.3), arch = r.chance(0.15), sill = tone(r, 0, 0.1, 0.5, 0.85), cage = r.chance(0.2);
  for (let j = 0; j < rows; j++) for (let i = 0; i < cols; i++) {
    const a = (ww * w) / cols, b = (wh * h) / rows, x = ((i + 0.5) * w) / cols - a / 2, y = ((j + 0.5) * h) / rows - b / 2;
    c.fillStyle = 'rgba(0,0,0,.3)'; c.fillRect(x - 1, y - 1, a + 7, b + 6);
    c.fillStyle = frame; c.fillRect(x - 4, y - 4, a + 8, b + 8);
    if (arch) { c.beginPath(); c.arc(x + a / 2, y, a / 2, Math.PI, 0); c.fill(); }
    pane(c, x, y, a, b, r, glass);
    c.fillStyle = frame; c.fillRect(x + a / 2 - 1.5, y, 3, b); c.fillRect(x, y + b * 0.35, a, 2);
    c.fillStyle = sill; c.fillRect(x - 7, y + b + 3, a + 14, 5); c.fillStyle = 'rgba(0,0,0,.22)'; c.fillRect(x - 6, y + b + 8, a + 12, 6);
    if (rail) { c.fillStyle = 'rgba(30,30,30,.8)'; c.fillRect(x - 10, y + b * 0.6, a + 20, 2); for (let k = -10; k < a + 10; k += 5) c.fillRect(x + k, y + b * 0.6, 1.2, b * 0.4); }
    if (cage) { c.fillStyle = 'rgba(60,60,60,.7)'; for (let k = 0; k < a; k += 6) c.fillRect(x + k, y, 1.3, b); }
    if (r.chance(0.2)) { c.fillStyle = '#d8d6ce'; c.fillRect(x + a + 3, y + b * 0.6, 22, 15); c.fillStyle = '#666'; c.beginPath(); c.arc(x + a + 11, y + b * 0.6 + 7, 5, 0, 7); c.fill(); }
  }
  if (!big) { drips(c, w, h, r, r.int(2, 14)); if (r.chance(0.5)) { c.fillStyle = 'rgba(40,38,34,.8)'; c.fillRect(r.f() * w, 0, 4, h); } }
  c.strokeStyle = 'rgba(10,10,10,.7)'; for (let i = r.int(0, 4); i > 0; i--) { c.lineWidth = r.range(0.6, 1.6); c.beginPath(); const y = r.f() * h; c.moveTo(0, y); c.quadraticCurveTo(w / 2, y + r.range(5, 40), w, y + r.range(-10, 10)); c.stroke(); }
}, true);

export const plainWall = (v) => texture(`wall2/${v}`, 256, 256, (c, w, h, r) => {
  wall(c, w, h, r, r.pick(['plaster', 'plaster', 'brick', 'stone', 'tile']));
  drips(c, w, h, r, r.int(3, 14)); for (let i = r.int(0, 5); i > 0; i--) crack(c, w, h, r);
  if (r.chance(0.25)) for (let i = r.int(1, 9); i > 0; i--) { c.fillStyle = r.chance(0.6) ? '#e8e4d8' : tone(r, 0.3, 0.8, 0.4, 0.8); c.fillRect(r.f() * w, r.range(0.4, 0.8) * h, 18, 26); } // bills
  if (r.chance(0.15)) fitText(c, words(r), r.f() * 80, r.range(0.3, 0.7) * h, 140, 34, tone(r, 0.3, 0.9, 0.2, 0.7), r);
}, true);

export const shopFront = (v) => texture(`shop2/${v}`, 384, 240, (c, w, h, r) => {
  const kind = r.weighted([[4, 'glass'], [2, 'shutter'], [2, 'open'], [1.5, 'doors']]);
  wall(c, w, h, r, r.pick(['plaster', 'stone', 'tile']));
  if (kind === 'shutter') {
    const l = r.range(0.35, 0.75), hue = r.range(0, 360), s = r.range(0, 0.35);
    for (let y = 10; y < h; y += 7) { c.fillStyle = css(hsl(hue, s, l + (y % 14 ? 0.05 : -0.06))); c.fillRect(14, y, w - 28, 6); }
    if (r.chance(0.35)) fitText(c, words(r), 60, r.range(60, 140), 220, 46, tone(r, 0.5, 1, 0.2, 0.6), r);
    stains(c, w, h, r, 10);
  } else if (kind === 'doors') {
    for (let i = 0; i < 4; i++) { const x = 18 + i * 90; c.fillStyle = tone(r, 0.1, 0.4, 0.15, 0.4); c.fillRect(x, 24, 76, h - 24); c.strokeStyle = 'rgba(0,0,0,.5)'; c.lineWidth = 2; c.strokeRect(x + 8, 34, 60, 80); c.strokeRect(x + 8, 124, 60, 90); }
  } else {
    const g = c.createLinearGradient(0, 0, 0, h); g.addColorStop(0, kind === 'open' ? '#3a342c' : '#2a3036'); g.addColorStop(1, '#0c0b0a'); c.fillStyle = g; c.fillRect(8, 8, w - 16, h);
    const lit = r.range(0.2, 0.7);
    c.filter = 'blur(1px)';
    for (let row = 0; row < 5; row++) for (let x = 12; x < w - 12;) { const s = r.range(5, 26), b = r.range(10, 28); if (r.chance(0.75)) { c.fillStyle = tone(r, 0.05, 0.7, lit * 0.3, lit); c.fillRect(x, 50 + row * 38 - b + 20, s, b); } x += s + r.range(1, 6); }
    c.filter = 'none';
    c.fillStyle = `rgba(255,240,200,${lit * 0.7})`; for (let i = r.int(1, 5); i > 0; i--) c.fillRect(r.f() * w, 14, r.range(14, 60), 5);
    if (kind === 'glass') {
      const q = c.createLinearGradient(0, 0, w, h); q.addColorStop(0, 'rgba(200,220,235,.4)'); q.addColorStop(0.4, 'rgba(200,220,235,.05)'); q.addColorStop(0.6, 'rgba(220,230,240,.3)'); q.addColorStop(1, 'rgba(200,220,235,.05)'); c.fillStyle = q; c.fillRect(8, 8, w - 16, h);
      c.fillStyle = tone(r, 0, 0.3, 0.15, 0.85); const n = r.int(2, 5); for (let i = 0; i <= n; i++) c.fillRect(8 + ((w - 16) * i) / n - 3, 8, 6, h); c.fillRect(0, h - 18, w, 18);
      for (let i = r.int(0, 3); i > 0; i--) { c.fillStyle = tone(r, 0.4, 1, 0.3, 0.7); const x = r.f() * w * 0.8; c.fillRect(x, 70, 54, 76); fitText(c, words(r), x + 4, 84, 46, 26, '#fff', r); }
    }
  }
});

export const SKIN = { asphalt, paving, grass, facade, plainWall, shopFront };

export const skyArt = (v, colors, cloudy) => texture(`sky${v}`, 256, 256, (c, w, h, r) => {
  const g = c.createLinearGradient(0, 0, 0, h); g.addColorStop(0, css(colors[0])); g.addColorStop(1, css(colors[1])); c.fillStyle = g; c.fillRect(0, 0, w, h);
  c.filter = 'blur(9px)';
  for (let i = Math.round(cloudy * 40); i > 0; i--) { c.globalAlpha = r.range(0.1, 0.6) * cloudy; c.fillStyle = css(hsl(r.range(200, 230), 0.08, r.range(0.45, 1) * (colors[1] > 0x404040 ? 1 : 0.2))); c.beginPath(); c.ellipse(r.f() * w, r.f() * h, r.range(10, 70), r.range(5, 26), 0, 0, 7); c.fill(); }
  c.filter = 'none'; c.globalAlpha = 1;
});
