/** The texts of doc comments as Markdown, with links to the pages that they name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pages.mjs";

const codes = new Set(
  [...readFileSync(join(root, "lib/errors.ts"), "utf8").matchAll(/^ {2}([A-Z]+(?:_[A-Z]+)*): \(/gm)].map(
    ([, code]) => code,
  ),
);

/** The text of a comment without its tags. */
export function commentText(comment, context) {
  const see = tagged(comment, "@see").map((parts) => `See ${text(parts, context)}`);
  const old = tagged(comment, "@deprecated").map((parts) => `**Deprecated.** ${text(parts, context)}`);
  return [...old, text(comment?.summary ?? [], context), ...see].filter((part) => part !== "").join("\n\n");
}

/** The comment of a reflection, or of its first signature. */
export function summaryText(reflection, context) {
  const signature = reflection?.signatures?.[0] ?? reflection?.getSignature;
  const type = reflection?.type?.declaration?.signatures?.[0];
  return commentText(reflection?.comment ?? signature?.comment ?? type?.comment, context);
}

/** The version that added a member; an empty text if the reference server has it too. */
export function sinceText(comment) {
  const [parts] = tagged(comment, "@since");
  const version = parts && plain(parts);
  // the members of Node.js have versions such as "v0.1.26"
  return version && /^\d/.test(version) ? `*Since ${version}*` : "";
}

export function defaultOf(comment) {
  const [parts] = [...tagged(comment, "@default"), ...tagged(comment, "@defaultValue")];
  return parts ? inline(unfenced(plain(parts))) : "";
}

/** A default such as `67108864 (64 MiB)`: the value is code, what follows it is text. */
function inline(value) {
  const [, first, rest = ""] = /^(\S+|"[^"]*"|\[[^\]]*\]|\{.*\})( \(.*\))?$/s.exec(value) ?? [];
  return first === undefined || first.includes("`") ? value : `\`${first}\`${rest}`;
}

/** The errors that a member throws. */
export function throwsText(comment, context) {
  const lines = tagged(comment, "@throws").map((parts) => `- ${text(parts, context)}`);
  return lines.length > 0 ? `Throws:\n\n${lines.join("\n")}` : "";
}

export function exampleText(comment) {
  const examples = tagged(comment, "@example").map((parts) => {
    const example = plain(parts);
    return example.includes("```") ? example : `\`\`\`ts\n${example}\n\`\`\``;
  });
  return examples.length > 0 ? `Example:\n\n${examples.join("\n\n")}` : "";
}

function tagged(comment, tag) {
  return (comment?.blockTags ?? []).filter((one) => one.tag === tag).map(({ content }) => content);
}

function plain(parts) {
  return parts
    .map((part) => part.text)
    .join("")
    .trim();
}

function unfenced(value) {
  return value.replace(/^```\w*\n([\s\S]*?)\n?```$/, "$1").trim();
}

function text(parts, context) {
  return parts
    .map((part) => {
      if (part.kind === "inline-tag") {
        const address = typeof part.target === "object" ? context.address(part.target) : undefined;
        const name = part.text.replaceAll("`", "");
        return address ? `[\`${name}\`](${address})` : `\`${name}\``;
      }
      return part.kind === "code" ? linkedCode(part.text) : linkedPages(part.text);
    })
    .join("")
    .trim();
}

/** Code that is the path of a page, or the code of an error, becomes a link. */
function linkedCode(code) {
  const inner = code.replaceAll("`", "");
  if (codes.has(inner)) {
    return `[${code}](../errors.md#errors-that-are-thrown)`;
  }
  const linked = linkedPages(inner);
  return linked === inner ? code : linked;
}

function linkedPages(value) {
  return value.replace(
    /(?:node_modules\/socket\.io\/)?\bdocs\/([\w/-]+)\.md(#[\w-]+)?/g,
    (_all, page, anchor = "") => `[${page}](../${page}.md${anchor})`,
  );
}
