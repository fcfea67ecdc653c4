// Canvas textures: a bank that draws each texture once per key, and the words on the signs.
import * as THREE from 'three';
import { Rng } from '../rng.js';

// Outside a browser (the tests) a canvas that swallows every call stands in.
function newCanvas(w, h) {
  if (globalThis.document) {
    const c = document.createElement('canvas');
    c.width = w; c.height = h;
    return [c, c.getContext('2d', { willReadFrequently: true })]; // painted by the CPU: without a GPU that is the faster way
  }
  const ctx = new Proxy({}, { get: (_, k) => (k === 'measureText' ? () => ({ width: 10 }) : () => ctx), set: () => true });
  return [{ width: w, height: h }, ctx];
}

// `draw(ctx, w, h, rng)` paints; the same key gives the same texture.
// The salt keeps the textures of training, validation and clips apart.
const bank = new Map();
let salt = '';
export function saltTextures(s) {
  if (s !== salt) dropTextures();
  salt = s;
}
export function texture(key, w, h, draw, repeat = false) {
  if (!bank.has(key)) {
    const [canvas, ctx] = newCanvas(w, h);
    draw(ctx, w, h, new Rng(`${salt}:${key}`));
    const t = new THREE.CanvasTexture(canvas);
    t.colorSpace = THREE.SRGBColorSpace;
    t.anisotropy = 4;
    if (repeat) t.wrapS = t.wrapT = THREE.RepeatWrapping;
    bank.set(key, t);
  }
  return bank.get(key);
}

export function dropTextures() {
  for (const t of bank.values()) t.dispose();
  bank.clear();
}

const FIRST = '福 金 鑫 华 美 兴 永 大 新 好 家 百 同 万 老 阿 小 东 南 北 天 乐 康 嘉 海 城 星 龙 凤 宝 顺 利 和 丰'.split(' ');
const SECOND = '源 隆 盛 辉 达 发 安 宁 记 氏 味 香 泰 祥 合 友 宏 旺 润 佳 客 缘 来 悦 诚 信'.split(' ');
const TRADE = ['超市', '便利店', '烟酒', '五金店', '药房', '美发', '餐馆', '面馆', '牛肉火锅', '奶茶', '肠粉王', '服装', '手机维修',
  '水果店', '茶庄', '眼镜', '房产中介', '洗衣店', '打印复印', '烧腊饭店', '粥粉面', '早餐店', '母婴用品', '宾馆', '足浴', '银行',
  '家电', '装饰材料', '汽车用品', '文具', '鲜花', '烘焙', '牙科诊所', '彩票', '快递驿站', '沙县小吃', '兰州拉面', '酒家'];
const SLOGAN = ['盛大开业', '全场五折', '新品上市', '品质生活', '城市之心', '限时特惠', '幸福家园', '美好未来', '清凉一夏', '震撼登场', '买一送一',
  '尊享人生', '江景豪宅', '智能家居', '绿色出行', '文明城市', '纯净好水', '招商热线', '黄金旺铺', '欢乐购物节', 'SALE 50%', 'NEW', 'BEST', 'GRAND OPEN'];

export const shopName = (r) => r.pick(FIRST) + r.pick(SECOND) + r.pick(TRADE);
export const slogan = (r) => r.pick(SLOGAN);
export const phone = (r) => `0${r.int(20, 799)}-${r.int(2000000, 8999999)}`;
const FONTS = ['"Noto Sans CJK SC"', '"Noto Serif CJK SC"', 'sans-serif'];

// Text fitted into a box; `vertical` writes one character under the other.
export function fitText(ctx, text, x, y, w, h, color, rng, { vertical = false, weight = 'bold' } = {}) {
  const chars = [...text];
  const font = rng.pick(FONTS);
  ctx.fillStyle = color;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  if (vertical) {
    const s = Math.min(w, h / chars.length);
    ctx.font = `${weight} ${s * 0.92}px ${font}`;
    chars.forEach((c, i) => ctx.fillText(c, x + w / 2, y + (h * (i + 0.5)) / chars.length));
    return;
  }
  ctx.font = `${weight} ${h}px ${font}`;
  const k = Math.min(1, w / ctx.measureText(text).width);
  ctx.font = `${weight} ${h * k}px ${font}`;
  ctx.fillText(text, x + w / 2, y + h / 2);
}

// Speckle: many small rectangles, cheap surface grain.
export function speckle(ctx, w, h, rng, n, size, alpha, colors = ['#000', '#fff']) {
  for (let i = 0; i < n; i++) {
    ctx.globalAlpha = rng.range(0, alpha);
    ctx.fillStyle = rng.pick(colors);
    const s = rng.range(1, size);
    ctx.fillRect(rng.f() * w, rng.f() * h, s, s * rng.range(0.4, 2));
  }
  ctx.globalAlpha = 1;
}
