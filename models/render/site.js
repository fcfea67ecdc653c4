// The demo's papers: truth.json, site.toml and grids.geojson from the world's own data.
import { WORLD, CAMERAS, OBJECTS, VIOLATIONS, SCENERY, PARKED, PERMIT } from './world.js';
import { toGround, toLonLat } from './camera.js';

const deg = (v) => Number(v.toFixed(8));
const place = (o) => { const p = toLonLat(o.x, o.z); return { lon: deg(p.lon), lat: deg(p.lat) }; };
const object = (id) => OBJECTS.find((o) => o.id === id);

export function truthJson(boxes) {
  const lookalikes = [
    ...[...SCENERY, ...PARKED].filter((s) => s.truth).map((s) => ({ ...s.truth, ...place(s) })),
    ...[['bin-closed-1', 'cam-1'], ['bin-closed-2', 'cam-2'], ['bin-closed-3', 'cam-3'], ['bin-closed-4', 'cam-4']].map(([id, camera]) => ({ what: 'closed bin', class_it_resembles: 'bin_overflow', camera, ...place(object(id)) })),
    { what: `stall under permit ${PERMIT.id}`, class_it_resembles: 'street_stall', camera: 'cam-4', ...place(object(PERMIT.object)) },
  ];
  const violations = VIOLATIONS.map(({ object: id, ...v }) => ({ id: v.id, class: v.class, ...place(object(id)), start_s: v.start_s, end_s: v.end_s, cameras: v.cameras }));
  const head = { about: 'Rendered by the streetwarden project; exact, from the scene itself', fps: WORLD.fps, duration_s: WORLD.duration };
  const lines = (list) => `[\n${list.map((x) => `  ${JSON.stringify(x)}`).join(',\n')}\n]`;
  return `${JSON.stringify(head).slice(0, -1)},\n"violations":${lines(violations)},\n"lookalikes":${lines(lookalikes)},\n"boxes":${lines(boxes)}}\n`;
}

// Points spread over the road and pavements in view, up to about 45 m away: the outermost
// and the middle one of each of four rows.
export function groundPoints(cam) {
  const points = [];
  for (const v of [0.92, 0.6, 0.4, 0.26]) {
    const row = [0.04, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.96].flatMap((u) => {
      const g = toGround(cam, u, v);
      if (!g || Math.hypot(g[0] - cam.x, g[1] - cam.z) > 45 || Math.abs(g[1]) > WORLD.R + WORLD.P - 0.2) return [];
      const p = toLonLat(...g);
      return [{ image: [u, v], lon: deg(p.lon), lat: deg(p.lat) }];
    });
    points.push(...new Set([row[0], row[row.length >> 1], row[row.length - 1]].filter(Boolean)));
  }
  return points;
}

// Class, dwell s, gone-after s, merge radius m, minimum score. Stalls ask for more than the model's own
// threshold: the cafe terrace scores up to 0.58 at dusk.
const RULES = [['bin_overflow', 8, 12, 12, 0.5], ['street_stall', 6, 12, 15, 0.6], ['billboard', 10, 20, 20, 0.5]];

export function siteToml() {
  const out = [`# Demo site: four cameras on a street rendered by the project itself.
[site]
name = "demo street"
timezone = "Asia/Shanghai"
grids = "grids.geojson"
`];
  for (const [cls, dwell, gone, radius, score] of RULES) {
    out.push(`[rule.${cls}]
dwell = "${dwell}s"
gone_after = "${gone}s"
merge_radius_m = ${radius}
min_score = ${score}
`);
  }
  for (const cam of CAMERAS) {
    const p = place(cam);
    out.push(`[[camera]]
id = "${cam.id}"
name = "${cam.name}"
uri = "rtsp://127.0.0.1:8554/${cam.id}"
every = "1s"
position = { lon = ${p.lon}, lat = ${p.lat}, crs = "WGS84" }
ground_points = [
${groundPoints(cam).map((g) => `  { image = [${g.image.join(', ')}], lon = ${g.lon}, lat = ${g.lat} },`).join('\n')}
]
`);
  }
  const s = object(PERMIT.object), h = PERMIT.half;
  const ring = [[-h, -h], [h, -h], [h, h], [-h, h], [-h, -h]].map(([dx, dz]) => { const p = place({ x: s.x + dx, z: s.z + dz }); return `[${p.lon}, ${p.lat}]`; });
  out.push(`[[permit]]
id = "${PERMIT.id}"
class = "${PERMIT.class}"
area = [${ring.join(', ')}]
valid_from = "2026-01-01"
valid_to = "2036-12-31"
hours = "24/7"
`);
  return out.join('\n');
}

// 100 m squares over the street; codes have 15 digits like those of the city's unit grid.
export function gridsJson() {
  const features = [];
  let n = 0;
  for (const z of [-150, -50, 50]) for (const x of [-150, -50, 50]) {
    n++;
    const ring = [[x, z + 100], [x + 100, z + 100], [x + 100, z], [x, z], [x, z + 100]].map(([a, b]) => { const p = toLonLat(a, b); return [deg(p.lon), deg(p.lat)]; });
    features.push({ type: 'Feature', properties: { code: `440703001001${String(n).padStart(3, '0')}`, name: `示范街第${n}单元网格` }, geometry: { type: 'Polygon', coordinates: [ring] } });
  }
  return `{"type":"FeatureCollection","features":[\n${features.map((f) => JSON.stringify(f)).join(',\n')}\n]}\n`;
}
