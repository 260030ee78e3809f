/** Web addresses in messages become links. No markup is parsed: all text is set as text. */
import { element } from "./messages.js";

const address = /\b(?:https?:\/\/|www\.)[^\s<>"]+/giu;
const closing = { ")": "(", "]": "[", "}": "{" };

/** The parts of a text, as arguments of `append()`: plain text and links. */
export function withLinks(text) {
  const parts = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(address)) {
    const found = withoutPunctuation(match);
    parts.push(text.slice(end, index), toLink(found));
    end = index + found.length;
  }
  return [...parts, text.slice(end)];
}

function toLink(found) {
  const href = /^www\./i.test(found) ? `https://${found}` : found;
  const url = URL.canParse(href) ? new URL(href) : undefined;
  // "https://bank.example@elsewhere.example" leads to elsewhere.example, so it remains text
  if (url === undefined || url.username !== "" || url.password !== "") {
    return found;
  }
  return element("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, found);
}

/** Without the full stop or the bracket of the surrounding sentence. */
function withoutPunctuation(found) {
  let end = found.length;
  while (isPunctuation(found.slice(0, end))) {
    end--;
  }
  return found.slice(0, end);
}

function isPunctuation(text) {
  const last = text.at(-1);
  const opening = closing[last];
  return opening === undefined
    ? /[.,;:!?'’”»…]$/u.test(text)
    : text.split(last).length > text.split(opening).length;
}
