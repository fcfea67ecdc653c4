// A small picture that shows the thing itself: the frame is enlarged around its box. Loaded only when
// it comes into sight.

import { picture } from "./api.js";
import { h } from "./dom.js";

const SHAPE = 16 / 10;
const waiting = new WeakMap();
const seer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seer.unobserve(target);
    waiting.get(target)?.();
  }
}, { rootMargin: "200px" });

/** The part of a frame (in its fractions) to show around `bbox`; `shape` is the frame's own w/h. */
function windowAround([x0, y0, x1, y1], shape) {
  const need = Math.max((x1 - x0) * 2.2, ((y1 - y0) * 2.2 * SHAPE) / shape, 0.22);
  const width = Math.min(1, need, SHAPE / shape);
  const height = (width * shape) / SHAPE;
  const at = (middle, size) => Math.min(Math.max(middle - size / 2, 0), Math.max(0, 1 - size));
  return { x: at((x0 + x1) / 2, width), y: at((y0 + y1) / 2, height), width, height };
}

function frame(box, image, bbox) {
  const part = windowAround(bbox ?? [0, 0, 1, 1], image.naturalWidth / image.naturalHeight);
  const percent = (n) => `${n * 100}%`;
  image.style.width = percent(1 / part.width);
  image.style.height = percent(1 / part.height);
  image.style.left = percent(-part.x / part.width);
  image.style.top = percent(-part.y / part.height);
  if (!bbox) return;
  const mark = h("span", { class: "mark" });
  const [x0, y0, x1, y1] = bbox;
  mark.style.left = percent((x0 - part.x) / part.width);
  mark.style.top = percent((y0 - part.y) / part.height);
  mark.style.width = percent((x1 - x0) / part.width);
  mark.style.height = percent((y1 - y0) / part.height);
  box.append(mark);
}

/** The element for `thumb` ({ id, bbox } or null). */
export function thumbnail(thumb) {
  const box = h("span", { class: "thumb", "aria-hidden": "true" });
  if (!thumb) return box;
  waiting.set(box, () => picture(thumb.id).then((url) => {
    const image = h("img", { src: url, alt: "" });
    image.decode().then(() => {
      frame(box, image, thumb.bbox);
      box.prepend(image);
    }, () => box.classList.add("broken"));
  }, () => box.classList.add("broken")));
  seer.observe(box);
  return box;
}
