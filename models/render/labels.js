// From objects in a scene to boxes of a picture: which are shown, which are ignored.
export const CLASSES = ['bin_overflow', 'bin_normal', 'garbage_pile', 'ad_sign', 'billboard', 'street_stall'];

// What an object puts up for labelling: itself, or its labelled parts.
export function claims(object) {
  if (object.userData.parts?.length) return object.userData.parts;
  return object.userData.cls ? [object] : [];
}

// COCO-like entries { category, bbox, ignore } out of the id pass of stage.boxes.
// `share(object)`: how much of it lies in the frame; `turned(object)`: its face cannot be seen.
// What is small, half hidden, cut or turned away is ignored, not background.
// A board that fills much of the picture is known for one by a piece of its face.
export function entries(found, { width, height, share, turned = () => false, minimum = 12 }) {
  return found.flatMap(({ object, hidden, box: [x0, y0, x1, y1] }) => {
    const bbox = [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height].map(Math.round), name = object.userData.cls ?? object.userData.ignore;
    if (bbox[2] < 4 || bbox[3] < 4) return [];
    const face = name === 'billboard' && bbox[2] * bbox[3] >= 0.05 * width * height;
    const clear = hidden <= 0.5 && (face || share(object) >= 0.3) && !turned(object) && bbox[2] >= minimum && bbox[3] >= minimum;
    return [{ category: CLASSES.indexOf(name), bbox, ignore: !object.userData.cls || !clear }];
  });
}
