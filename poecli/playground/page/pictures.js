// Pictures of other hosts: the server fetches one when its button is pressed.

import { post, tried } from "./api.js";
import { h } from "./dom.js";

const KEPT = 20; // the newest
/** By address: a button is drawn anew as its text grows. @type {Map<string, {data?: string, why?: string | null}>} */
const known = new Map();

/** What is known of each goes where its button stands. @param {any} root */
export function showPictures(root) {
  for (const button of root.querySelectorAll(".picture")) {
    const picture = known.get(button.dataset.src);
    if (!picture) continue;
    const { data, why } = picture;
    if (!button.nextElementSibling?.matches(".warn")) button.after(h("span.warn", { role: "status" }));
    button.nextElementSibling.textContent = why;
    button.disabled = !why;
    if (data) button.replaceWith(h("img", { src: data, alt: button.textContent }));
  }
}

document.addEventListener("click", async ({ target }) => {
  const url = /** @type {Element} */ (target).closest(".picture")?.getAttribute("data-src");
  if (!url) return;
  const place = h("p");
  const show = (/** @type {object} */ picture) => {
    known.set(url, picture);
    showPictures(document);
  };
  show({});
  if (known.size > KEPT) known.delete([...known.keys()][0]);
  if (!await tried(async () => show(await post("pictures", { url })), place)) show({ why: place.textContent });
});
