// The pole camera as plain arithmetic: world point -> picture, picture -> ground, metres -> WGS84.
// World axes are three.js's: x east, y up, z south; the ground is y = 0.
// A camera is { x, y, z, azimuth, pitch, hfov, width, height }: azimuth in degrees
// clockwise from north, pitch in degrees below the horizon, hfov in degrees.

const RAD = Math.PI / 180;

export function basis(cam) {
  const a = cam.azimuth * RAD, p = cam.pitch * RAD;
  const forward = [Math.sin(a) * Math.cos(p), -Math.sin(p), -Math.cos(a) * Math.cos(p)];
  const right = [Math.cos(a), 0, Math.sin(a)];
  const up = [Math.sin(a) * Math.sin(p), Math.cos(p), -Math.cos(a) * Math.sin(p)];
  const tx = Math.tan((cam.hfov * RAD) / 2);
  return { forward, right, up, tx, ty: (tx * cam.height) / cam.width };
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

// World point to { u, v, depth }: u to the right and v downward in 0..1 of the frame.
export function project(cam, [x, y, z], b = basis(cam)) {
  const d = [x - cam.x, y - cam.y, z - cam.z];
  const depth = dot(d, b.forward);
  return {
    u: 0.5 + dot(d, b.right) / (2 * depth * b.tx),
    v: 0.5 - dot(d, b.up) / (2 * depth * b.ty),
    depth,
  };
}

// Picture point to the ground point [x, z], or null above the horizon.
export function toGround(cam, u, v, b = basis(cam)) {
  const sx = (u - 0.5) * 2 * b.tx, sy = (0.5 - v) * 2 * b.ty;
  const r = [0, 1, 2].map((i) => b.forward[i] + b.right[i] * sx + b.up[i] * sy);
  if (r[1] >= -1e-6) return null;
  const t = -cam.y / r[1];
  return [cam.x + r[0] * t, cam.z + r[2] * t];
}

// A camera at (x, y, z) that looks at the ground point (ax, az).
export function lookAt(x, y, z, ax, az, hfov, width, height) {
  const azimuth = (Math.atan2(ax - x, -(az - z)) / RAD + 360) % 360;
  const pitch = Math.atan2(y, Math.hypot(ax - x, az - z)) / RAD;
  return { x, y, z, azimuth, pitch, hfov, width, height };
}

// Put a three.js PerspectiveCamera where the plain camera stands.
export function applyTo(three, cam) {
  const b = basis(cam);
  three.fov = (2 * Math.atan(b.ty)) / RAD;
  three.aspect = cam.width / cam.height;
  three.near = 0.3;
  three.far = 400;
  three.position.set(cam.x, cam.y, cam.z);
  three.lookAt(cam.x + b.forward[0], cam.y + b.forward[1], cam.z + b.forward[2]);
  three.updateProjectionMatrix();
  three.updateMatrixWorld(true);
}

export const ORIGIN = { lon: 113.0815, lat: 22.5787 };
const M_PER_DEG = 111320;

export function toLonLat(x, z) {
  return {
    lon: ORIGIN.lon + x / (M_PER_DEG * Math.cos(ORIGIN.lat * RAD)),
    lat: ORIGIN.lat - z / M_PER_DEG,
  };
}

export function fromLonLat(lon, lat) {
  return [(lon - ORIGIN.lon) * M_PER_DEG * Math.cos(ORIGIN.lat * RAD), -(lat - ORIGIN.lat) * M_PER_DEG];
}
