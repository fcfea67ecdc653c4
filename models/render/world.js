// The demo street as data: cameras, what happens when, look-alikes, and the permit.
// Axes as in camera.js: x east, z south, metres from the world origin.
export const WORLD = { R: 5, P: 5.5, seed: 'demo-street-4', fps: 8, duration: 66, width: 1280, height: 720 };

const frame = { width: WORLD.width, height: WORLD.height };
export const CAMERAS = [
  { id: 'cam-1', name: '福源路西口 West end', x: -13, y: 6.8, z: -4.6, azimuth: 98, pitch: 23.5, hfov: 60, ...frame },
  { id: 'cam-2', name: '福源路中段 Middle', x: 14, y: 7, z: 5.3, azimuth: 306, pitch: 18, hfov: 64, ...frame },
  { id: 'cam-3', name: '福源路学校段 School', x: -84, y: 6.5, z: -4.7, azimuth: 88, pitch: 22.5, hfov: 62, ...frame },
  { id: 'cam-4', name: '福源路东广场 East square', x: 68, y: 7, z: 5.4, azimuth: 75, pitch: 16, hfov: 70, ...frame },
];

export const END = WORLD.duration;

// Labelled things that stand or change; `states` are [from_s, to_s, options].
export const OBJECTS = [
  { id: 'stall-1', make: 'stall', kind: 'tricycle', seed: 's3', x: 0, z: -7.5, turn: Math.PI, states: [[1, 51]], drive: { from: 48, arrive: [1, 10], leave: 44 } },
  { id: 'bin-1', make: 'bin', family: 'container', seed: 'b1', x: -70, z: -7.4, turn: 0.35,
    states: [[0, 7, { fill: 'closed', much: 0.5 }], [7, 14, { fill: 'open', much: 0.5 }], [14, 24, { fill: 'over', much: 0.55, spill: 2 }], [24, END, { fill: 'over', much: 1, spill: 6 }]] },
  { id: 'bin-2', make: 'bin', family: 'container', seed: 'b6', x: 5, z: 6.6, turn: Math.PI + 0.6,
    states: [[0, 20, { fill: 'closed', much: 0.5 }], [20, 30, { fill: 'over', much: 0.6, spill: 3 }], [30, END, { fill: 'over', much: 1, spill: 6 }]] },
  { id: 'board-1', make: 'billboard', kind: 'posts', seed: 'p3', x: 90, z: 8.2, turn: -1.45, states: [[11, END]], rise: [11, 12.2] },
  { id: 'stall-licensed', make: 'stall', kind: 'tent', seed: 'l2', x: 84, z: -8.0, turn: 0, states: [[0, END]] },
  { id: 'bin-closed-1', make: 'bin', family: 'wheelie', seed: 'c1', x: 8.5, z: -9.8, turn: 0.1, states: [[0, END, { fill: 'closed', much: 0.5 }]] },
  { id: 'bin-closed-2', make: 'bin', family: 'wheelie', seed: 'c2', x: -6, z: -9.8, turn: -0.1, states: [[0, END, { fill: 'closed', much: 0.5 }]] },
  { id: 'bin-closed-3', make: 'bin', family: 'wheelie', seed: 'c3', x: -57, z: -9.7, turn: 0, states: [[0, END, { fill: 'closed', much: 0.5 }]] },
  { id: 'bin-closed-4', make: 'bin', family: 'twin', seed: 'c4', x: 93, z: -6.4, turn: 0, states: [[0, END, { fill: 'closed', much: 0.5 }]] },
];

export const VIOLATIONS = [
  { id: 'V-1', class: 'street_stall', object: 'stall-1', start_s: 10, end_s: 44, cameras: ['cam-1', 'cam-2'] },
  { id: 'V-2', class: 'bin_overflow', object: 'bin-1', start_s: 14, end_s: END, cameras: ['cam-3'] },
  { id: 'V-3', class: 'billboard', object: 'board-1', start_s: 12, end_s: END, cameras: ['cam-4'] },
  { id: 'V-4', class: 'bin_overflow', object: 'bin-2', start_s: 20, end_s: END, cameras: ['cam-1'] },
];

// Never labelled: [what, x, z, turn]; `truth` names what it could be mistaken for, and where.
export const SCENERY = [
  { kind: 'terrace', seed: 't1', x: -14, z: -8.7, turn: 0, truth: { what: 'cafe terrace with parasols', class_it_resembles: 'street_stall', camera: 'cam-2' } },
  { kind: 'terrace', seed: 't5', x: 97, z: -8.7, turn: 0, truth: { what: 'cafe terrace with parasols', class_it_resembles: 'street_stall', camera: 'cam-4' } },
  { kind: 'sign', seed: 'g1', x: 11, z: -5.5, turn: -1.2, truth: { what: 'traffic sign', class_it_resembles: 'billboard', camera: 'cam-1' } },
  { kind: 'sign', seed: 'g2', x: -20, z: -5.5, turn: 1.2, truth: { what: 'traffic sign', class_it_resembles: 'billboard', camera: 'cam-2' } },
  { kind: 'direction', seed: 'd1', x: -48, z: 5.6, turn: -1.5 },
  { kind: 'sign', seed: 'g4', x: 103, z: -5.5, turn: -1.3, truth: { what: 'traffic sign', class_it_resembles: 'billboard', camera: 'cam-4' } },
  { kind: 'cabinet', seed: 'e1', x: 14, z: -9.9, turn: 0, truth: { what: 'electrical cabinet', class_it_resembles: 'bin_overflow', camera: 'cam-1' } },
  { kind: 'planter', seed: 'n1', x: -22, z: -6.2, turn: 0 },
  { kind: 'planter', seed: 'n2', x: -64, z: -9.9, turn: 0 },
  { kind: 'bench', seed: 'h1', x: -63, z: 9, turn: Math.PI },
  { kind: 'bollards', seed: 'o1', x: 78, z: 6, turn: 0 },
];

export const PARKED = [
  { kind: 'van', seed: 'v1', x: -12, z: -3.9, turn: Math.PI, truth: { what: 'parked plain van', class_it_resembles: 'street_stall', camera: 'cam-2' } },
  { kind: 'van', seed: 'v7', x: 82, z: 3.9, turn: 0, truth: { what: 'parked plain van', class_it_resembles: 'street_stall', camera: 'cam-4' } },
  { kind: 'car', seed: 'v3', x: -60, z: -3.9, turn: Math.PI },
  { kind: 'car', seed: 'v4', x: 30, z: 3.9, turn: 0 },
  { kind: 'tricycle', seed: 'v5', x: -66, z: 3.9, turn: 0, truth: { what: 'parked plain tricycle', class_it_resembles: 'street_stall', camera: 'cam-3' } },
];

export const TREES = [[-24, 5.8], [-34, 5.8], [-30, -5.8], [-40, -5.8], [38, 5.8], [48, 5.8], [42, -5.8], [-58, 5.8], [-75, 5.8], [-46, -5.8], [110, -5.8], [108, 5.8], [118, 5.8]];
export const LAMPS = [[-28, -1], [-4, 1], [26, -1], [52, 1], [-66, 1], [-44, -1], [78, -1], [99, 1], [106, -1]];

export const PERMIT = { id: 'P-0001', class: 'street_stall', object: 'stall-licensed', half: 4 };
