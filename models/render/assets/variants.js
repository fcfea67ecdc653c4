// Which shape variants exist for which split: `val` shows only held-out ones, so that a
// score on it is one on unseen assets. Textures are kept apart by the salt of canvas.js.
const HELD = {
  stall: ['rickshaw', 'tiers', 'kiosk'],
  canopy: ['gable', 'thatch'],
  goods: ['cabbages', 'mangoes', 'parcels', 'pots', 'scarves'],
  board: ['pylon', 'twin'],
  art: ['grid', 'split'],
  decoy: ['closedParasols', 'hoarding', 'newsRack'],
};
let split = 'train';

export const useSplit = (s) => { split = s; };
export const isHeld = (family, key) => (HELD[family] ?? []).includes(key);

// `table` is { key: [weight, value] }; returns [key, value] of one that the split may show.
export function variant(rng, family, table) {
  const all = Object.entries(table), mine = all.filter(([k]) => isHeld(family, k) === (split === 'val'));
  return rng.weighted((mine.length ? mine : all).map(([k, [w, v]]) => [w, [k, v]]));
}
