// The project's surfaces: ground, facades, shop fronts, signs, posters, cloth and labels,
// all drawn procedurally. Every function takes a variant number: same number, same texture.
import { texture, fitText, speckle, shopName, slogan, phone } from './canvas.js';
import { css, hsl } from '../rng.js';

const any = (r, s0 = 0.3, s1 = 0.9, l0 = 0.3, l1 = 0.7) => css(r.hsl(0, 360, s0, s1, l0, l1));
const grey = (r, a, b) => css(r.hsl(20, 60, 0, 0.12, a, b));
const fill = (c, w, h, color) => { c.fillStyle = color; c.fillRect(0, 0, w, h); };

export const asphalt = (v) => texture(`asphalt${v}`, 256, 256, (c, w, h, r) => {
  fill(c, w, h, grey(r, 0.25, 0.5));
  speckle(c, w, h, r, 1600, 3, 0.16);
  speckle(c, w, h, r, 12, 70, 0.12);
}, true);

export const paving = (v) => texture(`paving${v}`, 256, 256, (c, w, h, r) => {
  const base = r.chance(0.5) ? [r.range(0, 30), r.range(0.05, 0.35)] : [r.range(30, 230), r.range(0, 0.1)];
  const l = r.range(0.42, 0.72), nx = r.pick([4, 8, 16]), ny = r.pick([4, 8, 8]);
  const shift = r.chance(0.5) ? 0.5 : 0, joint = r.range(0.04, 0.14);
  fill(c, w, h, css(hsl(base[0], base[1], l - joint)));
  const two = r.chance(0.3);
  for (let j = 0; j < ny; j++) for (let i = -1; i < nx; i++) {
    c.fillStyle = css(hsl(base[0], base[1], l + r.range(-0.04, 0.04) + (two && (i + j) % 2 ? 0.1 : 0)));
    c.fillRect(((i + (j % 2) * shift) * w) / nx + 1, (j * h) / ny + 1, w / nx - 2, h / ny - 2);
  }
  speckle(c, w, h, r, 250, 5, 0.12);
}, true);

export const grass = (v) => texture(`grass${v}`, 256, 256, (c, w, h, r) => {
  fill(c, w, h, css(r.hsl(70, 120, 0.2, 0.4, 0.32, 0.48)));
  speckle(c, w, h, r, 2500, 5, 0.3, ['#243a12', '#587a2a', '#7f8f45', '#5a4a2a']);
}, true);

export const facade = (v) => texture(`facade${v}`, 256, 256, (c, w, h, r) => {
  const wall = r.chance(0.7) ? css(r.hsl(15, 60, 0.05, 0.35, 0.6, 0.9)) : css(r.hsl(0, 360, 0.05, 0.3, 0.45, 0.8));
  fill(c, w, h, wall);
  const cols = r.pick([2, 3, 4]), rows = r.pick([2, 3]), ww = r.range(0.4, 0.85), wh = r.range(0.4, 0.7);
  const glass = r.hsl(190, 230, 0.1, 0.4, 0.15, 0.45), cage = r.chance(0.3), tiles = r.chance(0.4);
  if (tiles) for (let i = 0; i < 64; i++) { c.fillStyle = 'rgba(0,0,0,.07)'; c.fillRect(0, i * 4, w, 1); c.fillRect(i * 4, 0, 1, h); }
  for (let j = 0; j < rows; j++) for (let i = 0; i < cols; i++) {
    const x = ((i + 0.5 - ww / 2) * w) / cols, y = ((j + 0.5 - wh / 2) * h) / rows, a = (ww * w) / cols, b = (wh * h) / rows;
    c.fillStyle = grey(r, 0.6, 0.9); c.fillRect(x - 2, y - 2, a + 4, b + 4);
    c.fillStyle = css(glass); c.fillRect(x, y, a, b);
    if (r.chance(0.5)) { c.fillStyle = css(r.hsl(0, 360, 0, 0.4, 0.5, 0.85)); c.fillRect(x, y, a * r.range(0.15, 0.5), b); }
    c.fillStyle = '#d8d8d8'; c.fillRect(x + a / 2 - 1, y, 2, b);
    if (cage) { c.fillStyle = 'rgba(60,60,60,.7)'; for (let k = 0; k < a; k += 5) c.fillRect(x + k, y, 1, b); }
    if (r.chance(0.25)) { c.fillStyle = '#e4e2da'; c.fillRect(x + a * 0.6, y + b, 16, 10); c.fillStyle = '#777'; c.fillRect(x + a * 0.6 + 4, y + b + 2, 7, 6); }
  }
  speckle(c, w, h, r, 200, 10, 0.07);
}, true);

export const plainWall = (v) => texture(`wall${v}`, 128, 128, (c, w, h, r) => {
  fill(c, w, h, r.chance(0.3) ? css(r.hsl(5, 25, 0.3, 0.5, 0.35, 0.5)) : css(r.hsl(0, 360, 0, 0.2, 0.6, 0.88)));
  if (r.chance(0.5)) for (let i = 0; i < 16; i++) { c.fillStyle = 'rgba(0,0,0,.12)'; c.fillRect(0, i * 8, w, 1); }
  speckle(c, w, h, r, 150, 18, 0.08);
}, true);

// One shop's ground floor, seen from the street.
export const shopFront = (v) => texture(`shop${v}`, 256, 160, (c, w, h, r) => {
  const kind = r.weighted([[4, 'glass'], [2, 'shutter'], [2, 'open'], [1, 'doors']]);
  fill(c, w, h, grey(r, 0.35, 0.8));
  if (kind === 'shutter') {
    const l = r.range(0.45, 0.75);
    for (let y = 8; y < h; y += 6) { c.fillStyle = css(hsl(210, 0.05, l + (y % 12 ? 0.04 : -0.05))); c.fillRect(10, y, w - 20, 5); }
    if (r.chance(0.4)) fitText(c, phone(r), 60, 80, 140, 22, '#345', r);
  } else if (kind === 'doors') {
    for (let i = 0; i < 4; i++) { c.fillStyle = any(r, 0.1, 0.4, 0.2, 0.45); c.fillRect(14 + i * 58, 20, 52, h - 20); }
  } else {
    fill(c, w, h, kind === 'open' ? '#1d1b1a' : css(r.hsl(190, 220, 0.1, 0.3, 0.15, 0.4)));
    const lit = r.range(0.25, 0.6);
    for (let row = 0; row < 4; row++) for (let x = 6; x < w - 8;) {
      const s = r.range(6, 22);
      if (r.chance(0.75)) { c.fillStyle = css(r.hsl(0, 360, 0.1, 0.7, lit * 0.5, lit)); c.fillRect(x, 34 + row * 30 + r.range(0, 8), s, 20); }
      x += s + 2;
    }
    c.fillStyle = 'rgba(255,240,200,.35)'; c.fillRect(0, 8, w, 10);
    if (kind === 'glass') {
      c.fillStyle = 'rgba(190,215,230,.16)'; c.fillRect(0, 0, w, h);
      c.fillStyle = grey(r, 0.3, 0.85);
      for (let i = 0; i <= 4; i++) c.fillRect(i * (w / 4) - 2, 0, 5, h);
      c.fillRect(0, h - 14, w, 14);
      if (r.chance(0.4)) fitText(c, slogan(r), 20, 60, 90, 24, any(r, 0.6, 1, 0.5, 0.7), r);
    }
  }
});

export const shopSign = (v, vertical = false) => texture(`sign${v}${vertical}`, vertical ? 64 : 256, vertical ? 224 : 56, (c, w, h, r) => {
  const dark = r.chance(0.75), hue = r.pick([0, 0, 8, 30, 45, 120, 150, 205, 220, 280, 330]);
  const bg = r.chance(0.12) ? css(r.hsl(0, 360, 0, 0.1, 0.08, 0.2)) : css(hsl(hue + r.range(-8, 8), r.range(0.5, 0.95), dark ? r.range(0.25, 0.48) : r.range(0.75, 0.95)));
  fill(c, w, h, bg);
  if (r.chance(0.35)) { c.strokeStyle = any(r, 0.5, 1, 0.5, 0.8); c.lineWidth = 4; c.strokeRect(3, 3, w - 6, h - 6); }
  const ink = dark ? r.pick(['#fff', '#fff8d0', '#ffe000', '#ffd27a']) : css(hsl(r.pick([0, 10, 130, 220, 270]), 0.9, 0.35));
  if (vertical) { fitText(c, shopName(r).slice(0, r.int(3, 5)), 8, 8, w - 16, h - 16, ink, r, { vertical }); return; }
  let x = 10;
  if (r.chance(0.45)) { c.fillStyle = any(r, 0.6, 1, 0.5, 0.7); c.beginPath(); c.arc(30, h / 2, h * 0.32, 0, 7); c.fill(); x = 58; }
  const sub = r.chance(0.4);
  fitText(c, shopName(r), x, sub ? 5 : 9, w - x - 10, sub ? h - 24 : h - 18, ink, r);
  if (sub) fitText(c, phone(r), x, h - 17, w - x - 10, 11, ink, r);
});

// Poster art for billboards, LED walls and light boxes: pictures, products, big words.
export const poster = (v, aspect = 2) => {
  const w0 = aspect >= 1 ? 384 : Math.round(256 * Math.max(aspect, 0.5));
  return texture(`poster${v}/${aspect.toFixed(1)}`, w0, Math.round(w0 / aspect), (c, w, h, r) => {
    const hue = r.range(0, 360), bright = r.range(0.35, 0.8);
    const g = c.createLinearGradient(0, 0, r.chance(0.5) ? w : 0, h);
    for (let i = 0; i < 3; i++) g.addColorStop(i / 2, css(hsl(hue + r.range(-40, 40) + (r.chance(0.2) ? 150 : 0), r.range(0.2, 0.95), Math.min(0.92, bright + r.range(-0.25, 0.25)))));
    c.fillStyle = g; c.fillRect(0, 0, w, h);
    const s = Math.min(w, h);
    if (r.chance(0.5)) for (let i = 0; i < r.int(8, 40); i++) {
      c.globalAlpha = r.range(0.1, 0.5); c.fillStyle = any(r, 0.2, 1, 0.3, 0.9);
      c.beginPath(); c.ellipse(r.f() * w, r.f() * h, r.range(0.03, 0.3) * s, r.range(0.03, 0.2) * s, r.f() * 3, 0, 7); c.fill();
    }
    c.globalAlpha = 1;
    if (r.chance(0.4)) { // a skyline or hills
      for (let x = 0; x < w; x += r.range(8, 26)) { c.fillStyle = css(hsl(hue + 20, 0.2, r.range(0.2, 0.6))); const b = r.range(0.1, 0.45) * h; c.fillRect(x, h - b, r.range(8, 28), b); }
    }
    for (let i = r.int(1, 3); i > 0; i--) { // products and figures
      const x = r.range(0.1, 0.9) * w, y = r.range(0.4, 0.7) * h, k = r.range(0.18, 0.36) * s;
      c.fillStyle = any(r, 0.2, 0.9, 0.25, 0.85);
      const kind = r.int(0, 4);
      c.beginPath();
      if (kind === 0) { c.fillRect(x - k * 0.35, y - k * 0.6, k * 0.7, k * 1.6); c.fillRect(x - k * 0.15, y - k, k * 0.3, k * 0.5); c.fillStyle = '#fff'; c.fillRect(x - k * 0.35, y, k * 0.7, k * 0.4); }
      else if (kind === 1) { c.arc(x, y, k * 0.8, 0, 7); c.fill(); c.fillStyle = 'rgba(255,255,255,.5)'; c.beginPath(); c.arc(x - k * 0.3, y - k * 0.3, k * 0.2, 0, 7); c.fill(); }
      else if (kind === 2) { c.fillStyle = css(r.hsl(15, 30, 0.3, 0.6, 0.45, 0.8)); c.arc(x, y - k * 0.6, k * 0.4, 0, 7); c.fill(); c.fillStyle = any(r); c.beginPath(); c.ellipse(x, y + k * 0.7, k * 0.75, k * 0.9, 0, 0, 7); c.fill(); }
      else if (kind === 3) { c.fillRect(x - k * 0.5, y - k * 0.9, k, k * 1.8); c.fillStyle = any(r, 0.3, 0.9, 0.6, 0.9); c.fillRect(x - k * 0.43, y - k * 0.8, k * 0.86, k * 1.6); }
      else { c.ellipse(x, y + k * 0.3, k * 1.3, k * 0.35, 0, 0, 7); c.fill(); c.fillRect(x - k * 0.7, y - k * 0.3, k * 1.4, k * 0.5); }
    }
    const ink = () => r.pick(['#fff', '#fff', '#ffe83d', '#e01010', '#101010', '#1238a8', any(r, 0.8, 1, 0.4, 0.6)]);
    if (r.chance(0.5)) { c.fillStyle = any(r, 0.5, 1, 0.3, 0.6); const b = h * r.range(0.18, 0.3); c.fillRect(0, r.chance(0.5) ? 0 : h - b, w, b); }
    fitText(c, slogan(r), w * r.range(0.04, 0.15), h * r.range(0.04, 0.2), w * 0.8, h * r.range(0.18, 0.4), ink(), r);
    if (r.chance(0.7)) fitText(c, r.chance(0.5) ? slogan(r) : shopName(r), w * r.range(0.05, 0.3), h * r.range(0.6, 0.74), w * 0.6, h * 0.13, ink(), r);
    if (r.chance(0.6)) fitText(c, phone(r), w * 0.1, h * 0.86, w * 0.7, h * 0.1, ink(), r);
  });
};

// Striped, chequered or plain cloth for parasols and awnings.
export const cloth = (v) => texture(`cloth${v}`, 64, 64, (c, w, h, r) => {
  const a = any(r, 0.4, 1, 0.3, 0.65), kind = r.int(0, 3);
  fill(c, w, h, a);
  c.fillStyle = r.chance(0.6) ? '#f2f0ea' : any(r, 0.5, 1, 0.4, 0.8);
  if (kind === 1) for (let i = 0; i < 4; i++) c.fillRect(i * 16, 0, 8, h);
  if (kind === 2) for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) if ((i + j) % 2) c.fillRect(i * 16, j * 16, 16, 16);
}, true);

// Road signs: round bans, triangles, blue orders; text never names a shop.
export const roadSign = (v) => texture(`road${v}`, 64, 64, (c, w, h, r) => {
  const kind = r.int(0, 3);
  fill(c, w, h, kind === 1 ? '#1554b8' : '#f5f5f5');
  if (kind === 0) { c.strokeStyle = '#d01818'; c.lineWidth = 9; c.beginPath(); c.arc(32, 32, 26, 0, 7); c.stroke(); fitText(c, r.pick(['30', '40', '60', '5t']), 14, 16, 36, 32, '#111', r); }
  else if (kind === 1) { c.fillStyle = '#fff'; c.fillRect(27, 16, 10, 36); c.beginPath(); c.moveTo(32, 4); c.lineTo(50, 24); c.lineTo(14, 24); c.fill(); }
  else if (kind === 2) { fill(c, w, h, '#f2c010'); c.strokeStyle = '#111'; c.lineWidth = 5; c.strokeRect(4, 4, 56, 56); fitText(c, r.pick(['慢', '!', '让', '人']), 12, 12, 40, 40, '#111', r); }
  else { fill(c, w, h, '#1554b8'); fitText(c, r.pick(['P', '停', '→', '←']), 8, 8, 48, 48, '#fff', r); }
});

export const direction = (v) => texture(`dir${v}`, 192, 96, (c, w, h, r) => {
  fill(c, w, h, r.pick(['#0f5fbf', '#0f5fbf', '#0b7a3b']));
  c.strokeStyle = '#fff'; c.lineWidth = 4; c.strokeRect(4, 4, w - 8, h - 8);
  for (let i = 0; i < 2; i++) fitText(c, r.pick(['人民路', '中山大道', '火车站', '江门', '蓬江', '市政府', '建设路', '机场']) + r.pick([' →', ' ←', ' ↑']), 14, 12 + i * 40, w - 28, 30, '#fff', r);
});

export const binLabel = (v) => texture(`label${v}`, 48, 48, (c, w, h, r) => {
  fill(c, w, h, r.pick(['#f4f4f4', '#f4f4f4', '#2f7d32', '#1b5fb0', '#c22']));
  c.fillStyle = r.pick(['#2f7d32', '#1b5fb0', '#333']); c.beginPath(); c.moveTo(24, 5); c.lineTo(40, 28); c.lineTo(8, 28); c.fill();
  fitText(c, r.pick(['可回收物', '其他垃圾', '厨余垃圾']), 2, 31, 44, 13, '#222', r);
});

export const routeMap = (v) => texture(`route${v}`, 128, 96, (c, w, h, r) => {
  fill(c, w, h, '#e9eef2');
  for (let i = 0; i < 5; i++) { c.fillStyle = any(r); c.fillRect(8, 14 + i * 16, w - 16, 2); for (let x = 12; x < w - 10; x += 12) c.fillRect(x, 12 + i * 16, 4, 6); }
});
