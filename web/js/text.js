// The page's words in both languages, and the choice between them.

import { en } from "./text-en.js";
import { zh } from "./text-zh.js";

const KEY = "streetwarden.lang";
const tables = { "zh-CN": zh, en };
let chosen = localStorage.getItem(KEY)
  ?? (navigator.languages?.some((l) => l.toLowerCase().startsWith("zh")) ? "zh-CN" : "en");
if (!tables[chosen]) chosen = "en";

/** The language now shown. */
export const lang = () => chosen;

/** Chooses and remembers a language. */
export function setLang(next) {
  chosen = next;
  localStorage.setItem(KEY, next);
  document.documentElement.lang = next;
}

/** A text with its {names} filled in; an unknown key shows itself. */
export function t(key, values = {}) {
  const text = tables[chosen][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** A text if there is one, else the last part of the key: for words that the server may add to. */
export const word = (group, key) => tables[chosen][`${group}.${key}`] ?? en[`${group}.${key}`] ?? key;
