// What the page asks of the server, and what it hears from it.

import { byId, parsed } from "./dom.js";

const ROOT = "/_poe/api/v1/";

/** The server said no; the message is for the author. */
export class Refused extends Error {}

/** Ask the server to do something. @param {string} path below /_poe/api/v1/ @param {object | Blob} [body] */
export const post = (path, body = {}) => get(path, {
  method: "POST",
  headers: { "X-Poe-Playground": "1" },
  body: body instanceof Blob ? body : new Blob([JSON.stringify(body)], { type: "application/json" }),
});

/** @param {string} path below /_poe/api/v1/ @param {RequestInit} [options] @returns {Promise<any>} */
export async function get(path, options) {
  const response = await fetch(ROOT + path, options)
    .catch(() => { throw new Refused("poe dev does not answer. Is it still running?"); });
  const text = await response.text();
  const body = parsed(text || "{}") ?? { error: text };
  if (!response.ok) throw new Refused(body.error || `The server answered ${response.status}.`);
  return body;
}

/**
 * Whether it was done; if not, `place` says why.
 * @param {() => Promise<unknown>} action @param {HTMLElement} [place]
 */
export async function tried(action, place = byId("refused")) {
  place.textContent = "";
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    place.textContent = error.message;
    return false;
  }
}

/**
 * Hear everything from now on. The browser resumes by itself, from the last frame it got.
 * @param {(message: any) => void} take each message, in order
 * @param {(connected: boolean) => void} changed
 */
export function listen(take, changed) {
  const source = new EventSource(ROOT + "feed");
  source.onopen = () => changed(true);
  source.onerror = () => changed(false);
  source.onmessage = (event) => {
    for (const message of JSON.parse(event.data)) take(message);
  };
}
