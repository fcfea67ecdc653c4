// Invented words for signs and ads in several scripts; they name nothing real.
import { slogan, shopName, phone } from '../scene/canvas.js';

const ON = 'la ma ri no ta ve so lu ka mi do be ra zi pu na fe go sha lin mar tor vel ban cor'.split(' ');
const LATIN = ['SALE', 'NEW', 'FRESH', 'OPEN', 'BEST PRICE', '50% OFF', 'SUMMER', 'HOME', 'TRAVEL', 'MOBILE', 'COFFEE', 'PIZZA', 'JUICE', 'FASHION', 'BANK', 'CINEMA', 'MUSIC LIVE', 'CALL NOW', 'TO LET', 'GRAND OPENING', 'ICE CREAM', 'TEA', 'LEMON', 'FRUIT', 'HOT', 'EVERY DAY', 'Your city', 'More for less', 'Feel good', 'Discover'];
const CYRILLIC = ['СКИДКИ', 'АРЕНДА', 'НОВИНКА', 'КОФЕ', 'КВАРТИРЫ', 'КОНЦЕРТ', 'ФРУКТЫ', 'РАСПРОДАЖА', 'ЦЕНТР', 'МЕБЕЛЬ', 'ТЕАТР', 'ВЫСТАВКА'];
const KANA = ['セール', 'ようこそ', 'おいしい', '新発売', 'まつり', '할인', '새로운', '커피', '과일'];

const name = (r) => { let t = ''; for (let i = r.int(2, 3); i > 0; i--) t += r.pick(ON); return r.chance(0.5) ? t.toUpperCase() : t[0].toUpperCase() + t.slice(1); };

export function words(r) {
  return r.weighted([[4, () => r.pick(LATIN)], [3, () => name(r)], [3, () => slogan(r)], [1.2, () => shopName(r)], [1.5, () => r.pick(CYRILLIC)], [1, () => r.pick(KANA)], [1, () => phone(r)], [1, () => `${r.int(1, 99)}.${r.pick(['90', '99', '50'])}`]])();
}
export const brand = name;
