/** The pages of the documentation: their texts, their headings and the anchors of these. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow, root } from "./repository";

/** The pages below docs/, such as `docs/guides/rooms.md`. */
export const docsPages = filesBelow("docs").filter((file) => file.endsWith(".md"));

/** The text of a page without its code blocks. */
export function proseOf(page: string): string {
  return prose(readFileSync(join(root, page), "utf8"));
}

export function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "");
}

/** The texts of the headings, in order. */
export function headingsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading as string);
}

/** The anchor of a heading, as on GitHub. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** The anchors of a page: those of its headings, and its elements with an id. */
export function anchorsOf(page: string): string[] {
  const ids = [...proseOf(page).matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id as string);
  return [...headingsOf(page).map(anchorOf), ...ids];
}
