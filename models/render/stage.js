// The renderer in the page: pictures, and exact visible boxes from a pass in flat id colours.
import * as THREE from 'three';
import { sharedGeometry } from './scene/prims.js';

export class Stage {
  constructor({ alpha = false } = {}) {
    this.canvas = document.createElement('canvas');
    this.renderer = new THREE.WebGLRenderer({ canvas: this.canvas, alpha, antialias: true, preserveDrawingBuffer: true, powerPreference: 'high-performance' });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = THREE.PCFShadowMap;
    this.renderer.toneMapping = THREE.ACESFilmicToneMapping;
    this.out = document.createElement('canvas');
    this.ctx = this.out.getContext('2d', { willReadFrequently: true });
    this.camera = new THREE.PerspectiveCamera();
    this.ids = new Map();
    this.black = new THREE.MeshBasicMaterial({ color: 0, fog: false, toneMapped: false, side: THREE.DoubleSide });
  }

  size(w, h) {
    if (this.canvas.width !== w || this.canvas.height !== h) this.renderer.setSize(w, h, false);
    this.out.width = w;
    this.out.height = h;
  }

  idMaterial(id) {
    if (!this.ids.has(id)) {
      const m = this.black.clone();
      m.color.setRGB((id & 255) / 255, (id >> 8) / 255, 0, THREE.LinearSRGBColorSpace);
      this.ids.set(id, m);
    }
    return this.ids.get(id);
  }

  // Visible boxes [x0, y0, x1, y1] in 0..1 and hidden shares of the labelled objects.
  boxes(scene, camera, objects, width, height) {
    const r = this.renderer, saved = [], owner = new Map();
    objects.forEach((o, i) => o.traverse((m) => { if (m.isMesh) owner.set(m, i + 1); }));
    scene.traverse((m) => {
      if (!m.isMesh) return;
      saved.push([m, m.material, m.instanceColor]);
      if (m.isInstancedMesh) m.instanceColor = null; // or it would tint the ids
      m.material = owner.has(m) ? this.idMaterial(owner.get(m)) : this.black;
    });
    const { background, fog } = scene, auto = r.shadowMap.autoUpdate;
    scene.background = new THREE.Color(0);
    scene.fog = null;
    r.shadowMap.autoUpdate = false;
    const read = (w, h) => {
      const t = new THREE.WebGLRenderTarget(w, h, { colorSpace: THREE.LinearSRGBColorSpace, minFilter: THREE.NearestFilter, magFilter: THREE.NearestFilter });
      r.setRenderTarget(t);
      r.clear();
      r.render(scene, camera);
      const px = new Uint8Array(w * h * 4);
      r.readRenderTargetPixels(t, 0, 0, w, h, px);
      r.setRenderTarget(null);
      t.dispose();
      return px;
    };
    const seen = objects.map(() => ({ n: 0, x0: 1e9, y0: 1e9, x1: -1, y1: -1 }));
    const px = read(width, height);
    for (let y = 0, k = 0; y < height; y++) for (let x = 0; x < width; x++, k += 4) {
      const id = px[k] | (px[k + 1] << 8);
      if (!id || id > objects.length) continue;
      const s = seen[id - 1], row = height - 1 - y;
      s.n++;
      if (x < s.x0) s.x0 = x;
      if (x > s.x1) s.x1 = x;
      if (row < s.y0) s.y0 = row;
      if (row > s.y1) s.y1 = row;
    }
    const w4 = width >> 1, h4 = height >> 1, result = [];
    objects.forEach((o, i) => {
      const s = seen[i];
      if (s.n < 12) return;
      o.traverse((m) => m.layers.enable(5));
      camera.layers.set(5);
      const alone = read(w4, h4);
      camera.layers.set(0);
      o.traverse((m) => m.layers.disable(5));
      let n = 0;
      for (let k = 0; k < alone.length; k += 4) if ((alone[k] | (alone[k + 1] << 8)) === i + 1) n++;
      result.push({ object: o, hidden: Math.max(0, 1 - s.n / Math.max(1, n * 4)), box: [s.x0 / width, s.y0 / height, (s.x1 + 1) / width, (s.y1 + 1) / height] });
    });
    for (const [m, material, tint] of saved) { m.material = material; if (m.isInstancedMesh) m.instanceColor = tint; }
    Object.assign(scene, { background, fog });
    r.shadowMap.autoUpdate = auto;
    return result;
  }

  // The last frame through a cheap camera: blur, tone, grain.
  finish({ blur = 0, brightness = 1, contrast = 1, saturate = 1, noise = 0, rng = null }) {
    const { ctx, out } = this;
    ctx.filter = `blur(${blur}px) brightness(${brightness}) contrast(${contrast}) saturate(${saturate})`;
    ctx.drawImage(this.canvas, 0, 0);
    ctx.filter = 'none';
    if (noise > 0) {
      const im = ctx.getImageData(0, 0, out.width, out.height), d = im.data;
      let s = rng.int(1, 2 ** 31 - 1);
      for (let i = 0; i < d.length; i += 4) {
        s ^= s << 13; s ^= s >>> 17; s ^= s << 5;
        const n = (((s & 1023) + ((s >>> 10) & 1023)) / 1023 - 1) * noise;
        d[i] += n; d[i + 1] += n; d[i + 2] += n * 1.2;
      }
      ctx.putImageData(im, 0, 0);
    }
  }

  async jpeg(quality) {
    const blob = await new Promise((done) => this.out.toBlob(done, 'image/jpeg', quality));
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  }

  // Free a scene's own geometry; the texture bank stays. Materials are left to the garbage
  // collector: disposing of them would throw away their compiled programs at every picture.
  drop(scene) {
    scene.traverse((m) => {
      if (m.isMesh && !sharedGeometry(m.geometry)) m.geometry.dispose();
      if (m.isLight || m.isInstancedMesh) m.dispose?.();
    });
  }
}
