// Entry of the page: hands the driver its functions on `window`.
import { Stage } from './stage.js';
import { renderPicture } from './pictures.js';
import { DemoWorld } from './clips.js';
import { composedPicture, lendPhotos } from './onto.js';

const stage = new Stage();
let world = null;
await document.fonts.ready;
window.picture = (seed, split) => renderPicture(stage, seed, split);
window.composed = composedPicture;
window.lendPhotos = lendPhotos;
window.openCamera = (id) => { if (world) stage.drop(world.scene); world = new DemoWorld(id); };
window.frame = (t) => world.render(stage, t);
window.truth = (t) => world.truth(stage, t);
window.ready = true;
