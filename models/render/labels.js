// From objects in a scene to boxes of a picture: which are shown, which are ignored.
export const CLASSES = ['bin_overflow', 'bin_normal', 'garbage_pile', 'ad_sign', 'billboard', 'street_stall'];

// What an object puts up for labelling: itself, or its labelled parts.
export function claims(object) {
  if (object.userData.parts?.length) return object.userData.parts;
  return object.userData.cls ? [object] : [];
}

// COCO-like entries { category, bbox, ignore } out of the id pass of stage.boxes.
// `minimum`: smallest side in pixels; a much hidden or cut object is ignored, not background.
// A board that fills much of the picture is known for one by a piece of its face.
export function entries(found, { width, height, share, minimum = 12 }) {
  return found.flatMap(({ object, hidden, box: [x0, y0, x1, y1] }) => {
    const bbox = [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height].map(Math.round), name = object.userData.cls ?? object.userData.ignore;
    if (bbox[2] < 4 || bbox[3] < 4) return [];
    const face = name === 'billboard' && bbox[2] * bbox[3] >= 0.05 * width * height;
    const clear = hidden <= 0.65 && (face || share(object) >= 0.3) && bbox[2] >= minimum && bbox[3] >= minimum;
    return [{ category: CLASSES.indexOf(name), bbox, ignore: !object.userData.cls || !clear }];
  });
}
