/**
 * Reads a TypeScript or JavaScript file in sufficient detail to check the rules of this repository: the code, comments,
 * strings and imports. (TypeScript 7 has no stable interface for that.)
 */

/**
 * @typedef {object} Import
 * @property {string} specifier
 * @property {boolean} typeOnly whether it is removed by compilation
 * @property {number} line
 *
 * @typedef {object} Source
 * @property {string} code the text with comments and the contents of strings blanked out, at the same positions
 * @property {{ text: string, line: number }[]} comments
 * @property {{ value: string, index: number, line: number }[]} strings `index` is that of the opening quote
 * @property {Import[]} imports
 */

/** @returns {Source} */
export function scan(text) {
  const lineOf = lineCounter(text);
  const comments = [];
  const strings = [];
  let code = "";
  const blankTo = (end) => {
    code += text.slice(code.length, end).replace(/[^\n]/g, " ");
  };
  for (const { kind, start, end } of pieces(text)) {
    code += text.slice(code.length, start);
    if (kind === "comment") {
      comments.push({ text: text.slice(start, end), line: lineOf(start) });
      blankTo(end);
    } else {
      if (kind === "string") {
        strings.push({ value: text.slice(start + 1, end - 1), index: start, line: lineOf(start) });
      }
      code += text[start];
      blankTo(end - 1);
      code += text[end - 1];
    }
  }
  code += text.slice(code.length);
  return { code, comments, strings, imports: importsOf(code, strings, lineOf) };
}

function lineCounter(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  return (index) => {
    let low = 0;
    for (let high = starts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= index) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low + 1;
  };
}

/** After these, a "/" begins a regular expression; after a name, a number or a closing bracket, it is a division. */
const beforeExpression =
  /(?:^|[=(,:;!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|delete|throw|await|else|do))\s*$/;

/** The comments, strings and regular expressions of a text, in order; the contents of `${}` are code. */
function* pieces(text) {
  /** The number of open braces in each enclosing `${}`. */
  const substitutions = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    const start = at;
    if (text.startsWith("//", at) || (at === 0 && text.startsWith("#!"))) {
      at = orEnd(text, text.indexOf("\n", at));
      yield { kind: "comment", start, end: at };
    } else if (text.startsWith("/*", at)) {
      at = orEnd(text, text.indexOf("*/", at + 2) + 2 || -1) - 1;
      yield { kind: "comment", start, end: at + 1 };
    } else if (char === '"' || char === "'") {
      at = endOfQuoted(text, at, char);
      yield { kind: "string", start, end: at + 1 };
    } else if (char === "`" || (char === "}" && substitutions.at(-1) === 0)) {
      if (char === "}") {
        substitutions.pop();
      }
      at = endOfTemplatePart(text, at);
      if (text[at] === "{") {
        substitutions.push(0);
      }
      yield { kind: "string", start, end: at + 1 };
    } else if (char === "/" && beforeExpression.test(text.slice(Math.max(0, at - 40), at))) {
      at = endOfPattern(text, at);
      yield { kind: "pattern", start, end: at + 1 };
    } else if (substitutions.length > 0 && (char === "{" || char === "}")) {
      substitutions[substitutions.length - 1] += char === "{" ? 1 : -1;
    }
  }
}

const orEnd = (text, index) => (index < 0 ? text.length : index);

function endOfQuoted(text, from, quote) {
  let at = from + 1;
  while (at < text.length && text[at] !== quote && text[at] !== "\n") {
    at += text[at] === "\\" ? 2 : 1;
  }
  return at;
}

/** Ends at the closing "`", or at the "{" of a "${". */
function endOfTemplatePart(text, from) {
  let at = from + 1;
  while (at < text.length && text[at] !== "`") {
    if (text.startsWith("${", at)) {
      return at + 1;
    }
    at += text[at] === "\\" ? 2 : 1;
  }
  return at;
}

function endOfPattern(text, from) {
  let inClass = false;
  let at = from + 1;
  while (at < text.length && text[at] !== "\n" && (inClass || text[at] !== "/")) {
    if (text[at] === "[" || text[at] === "]") {
      inClass = text[at] === "[";
    }
    at += text[at] === "\\" ? 2 : 1;
  }
  return at;
}

const fromClause =
  /\b(?:import|export)\s+((?:type\s+)?(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s*as\s+[\w$]+)?)?)\s*from\s*["']/g;
const sideEffect = /\bimport\s*["']/g;
const call = /(\btypeof\s+)?\b(?:import|require)\s*\(\s*["']/g;

function importsOf(code, strings, lineOf) {
  const byIndex = new Map(strings.map((string) => [string.index, string.value]));
  const found = [];
  const collect = (pattern, isTypeOnly) => {
    for (const match of code.matchAll(pattern)) {
      const quote = match.index + match[0].length - 1;
      const specifier = byIndex.get(quote);
      if (specifier !== undefined) {
        found.push({ specifier, typeOnly: isTypeOnly(match, quote), line: lineOf(match.index) });
      }
    }
  };
  collect(fromClause, ([, clause]) => isTypeClause(clause));
  collect(sideEffect, () => false);
  collect(call, (match, quote) => {
    // import("./a").Name is a type, import("./a").then(...) is not
    const after = code.slice(code.indexOf(")", quote) + 1);
    return match[1] !== undefined || (match[0].includes("import") && /^\s*\.\s*(?!then\b)[\w$]/.test(after));
  });
  return found.sort((a, b) => a.line - b.line);
}

/** `type X`, `type { X }`, or braces in which each name is a type. */
function isTypeClause(clause) {
  if (/^type\b(?!\s*(?:,|$))/.test(clause.trim())) {
    return true;
  }
  const names = /^\{([^}]*)\}$/
    .exec(clause.trim())?.[1]
    .split(",")
    .filter((name) => name.trim() !== "");
  return Boolean(names?.length) && names.every((name) => /^\s*type\s+[\w$]/.test(name));
}
