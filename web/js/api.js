// Speaks to /api/v1. The token lives in sessionStorage only, goes out as a header only (never in a
// URL), and pictures are therefore fetched and shown from memory.

const KEY = "streetwarden.token";
const MOST_PICTURES = 240;
const pictures = new Map();

/** An answer that was no success; `field` names the wrong field where there is one. */
export class ApiError extends Error {
  constructor(status, code, message, field) {
    super(message);
    Object.assign(this, { status, code, field });
  }
}

/** Keeps the token for this browser tab. */
export const setToken = (token) => sessionStorage.setItem(KEY, token);

function headers(extra = {}) {
  const token = sessionStorage.getItem(KEY);
  return token ? { ...extra, Authorization: `Bearer ${token}` } : extra;
}

async function failed(response) {
  const body = await response.json().catch(() => null);
  const { code = "http", message = response.statusText, field } = body?.error ?? {};
  return new ApiError(response.status, code, message, field);
}

async function call(method, path, body) {
  const init = { method, headers: headers(), cache: "no-store" };
  if (body !== undefined) {
    init.headers = headers({ "Content-Type": "application/json" });
    init.body = JSON.stringify(body);
  }
  const response = await fetch(`api/v1/${path}`, init);
  if (!response.ok) throw await failed(response);
  return response.status === 204 ? null : response.json();
}

function query(fields) {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(fields)) {
    if (value !== "" && value !== null && value !== undefined) params.set(key, value);
  }
  return params.toString();
}

export const getSite = () => call("GET", "site");
export const getCases = (filter) => call("GET", `cases?${query(filter)}`);
export const getCase = (id) => call("GET", `cases/${encodeURIComponent(id)}`);
export const getCameras = () => call("GET", "cameras");
export const getSpots = () => call("GET", "spots");
export const getModels = () => call("GET", "models");
export const getPrecision = () => call("GET", "precision");
export const activateModel = (name, body) => call("POST", `models/${encodeURIComponent(name)}:activate`, body);
export const review = (id, body) => call("POST", `cases/${encodeURIComponent(id)}/review`, body);
export const liftSpot = (id, body) => call("DELETE", `spots/${encodeURIComponent(id)}`, body);

/** The bytes of one piece of evidence. */
export async function evidence(id) {
  const response = await fetch(`api/v1/evidence/${encodeURIComponent(id)}`, { headers: headers() });
  if (!response.ok) throw await failed(response);
  return response.blob();
}

/** A picture's URL in memory; the oldest are let go. Evidence never changes, so none is asked twice. */
export function picture(id) {
  if (!pictures.has(id)) {
    const url = evidence(id).then((blob) => URL.createObjectURL(blob));
    url.catch(() => pictures.delete(id));
    pictures.set(id, url);
    if (pictures.size > MOST_PICTURES) {
      const [oldest, old] = pictures.entries().next().value;
      pictures.delete(oldest);
      old.then((u) => URL.revokeObjectURL(u), () => {});
    }
  }
  return pictures.get(id);
}
