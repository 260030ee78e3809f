/** The reference of the API: pages that TypeDoc's model of the public members is written to, from the doc comments of lib/. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Application, ReflectionKind } from "typedoc";
import { commentText, defaultOf, exampleText, sinceText, summaryText, throwsText } from "./comments.mjs";
import { anchorOf, root } from "./pages.mjs";
import { declaredText, signatureText, typeText } from "./signatures.mjs";

/** The entry points of the package, each with its source. */
function entryPoints() {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, conditions]) => typeof conditions === "object")
    .map(
      ([
        path,
        {
          require: { types },
        },
      ]) => ({
        specifier: name + path.slice(1),
        page: path === "." ? "types" : path.slice(2).replaceAll("/", "-"),
        source: types.replace("./dist/", "lib/").replace(/\.d\.ts$/, ".ts"),
      }),
    );
}

/** @returns {Promise<Map<string, string>>} the text of each page, by its path on the site, like `api/socket.md` */
export async function referencePages() {
  const entries = entryPoints();
  const application = await Application.bootstrap({
    entryPoints: entries.map(({ source }) => join(root, source)),
    tsconfig: join(root, "tsconfig.json"),
    basePath: root,
    readme: "none",
    logLevel: "Error",
    skipErrorChecking: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeExternals: true,
    sort: ["kind", "alphabetical"],
  });
  const project = await application.convert();
  if (project === undefined) {
    throw new Error("TypeDoc could not read lib/");
  }
  const modules = entries.map((entry) => ({
    ...entry,
    module: project.children.find(({ sources }) => sources?.[0]?.fileName === entry.source),
  }));
  const addresses = new Map();
  for (const { page, module } of modules) {
    for (const child of module.children ?? []) {
      const own = page === "types" && child.kind === ReflectionKind.Class;
      const path = own ? `${child.name.toLowerCase()}.md` : `${page}.md`;
      addresses.set(child, { path, anchor: own ? undefined : anchorOf(child.name), own });
    }
  }
  const operator = [...addresses.keys()].find(({ name }) => name === "BroadcastOperator");
  const context = {
    address: (reflection) => addressOf(addresses, reflection),
    /** TypeDoc finds no comment if an abstract method is between a method and the interface with the comment. */
    commentOf: ({ comment, name }) => comment ?? operator?.getChildByName(name)?.signatures?.[0]?.comment,
  };
  const pages = new Map([["api/index.md", overview(modules, context)]]);
  for (const { specifier, page, source, module } of modules) {
    const children = module.children ?? [];
    for (const child of children.filter((one) => addresses.get(one).own)) {
      pages.set(`api/${addresses.get(child).path}`, classPage(specifier, child, context));
    }
    const rest = children.filter((one) => !addresses.get(one).own && one.kind !== ReflectionKind.Reference);
    const title = page === "types" ? `Types of ${specifier}` : specifier;
    const parts = rest.map((child) => section(child, context));
    const start =
      page === "types"
        ? ""
        : `${headerOf(source)}\n\nThe reference server does not have this entry point.\n\n`;
    pages.set(
      `api/${page}.md`,
      `# ${title}\n\n${start}${importLine(specifier, rest)}\n\n${parts.join("\n\n")}\n`,
    );
  }
  return pages;
}

/** The address of a member or a type, from a page of the reference; undefined if it is not on the site. */
function addressOf(addresses, reflection) {
  const target = reflection?.isReference?.() ? reflection.getTargetReflection() : reflection;
  const found = addresses.get(target);
  if (found) {
    return `./${found.path}${found.anchor === undefined ? "" : `#${found.anchor}`}`;
  }
  const parent = addresses.get(target?.parent);
  return parent && `./${parent.path}#${parent.own ? anchorOf(headingOf(target)) : parent.anchor}`;
}

function headingOf(member) {
  return member.signatures ? `${member.name}()` : member.name;
}

/** The comment at the top of a source, which says what the entry point is for. */
function headerOf(source) {
  const [, comment = ""] = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(join(root, source), "utf8")) ?? [];
  return comment.replace(/\s*\n\s*\*?\s*/g, " ").trim();
}

function overview(modules, context) {
  const parts = modules.map(({ specifier, module }) => {
    const lines = (module.children ?? []).map((child) => {
      const target = child.isReference() ? child.getTargetReflection() : child;
      const [paragraph] = summaryText(target, context).split("\n\n");
      const sentence = (/^.*?\.(?=\s|$)/s.exec(paragraph)?.[0] ?? paragraph).replaceAll("\n", " ");
      return `- [\`${child.name}\`](${context.address(child)})${sentence && `: ${sentence}`}`;
    });
    return `## ${specifier}\n\n${lines.join("\n")}`;
  });
  const start =
    "The public classes, functions and types of each entry point, from the comments of their sources. " +
    "[Options](../options.md) and [errors](../errors.md) have tables of their own. *Since* is the version of this package " +
    "that added a type or a member; what has no such mark is in the reference server 4.8 too.";
  return `# API\n\n${start}\n\n${parts.join("\n\n")}\n`;
}

function importLine(specifier, children) {
  const value = children.find(({ kind }) => kind & (ReflectionKind.Function | ReflectionKind.Class));
  const names = value ? `{ ${value.name} }` : `type { ${children[0]?.name ?? ""} }`;
  return `\`\`\`ts\nimport ${names} from "${specifier}";\n\`\`\``;
}

function classPage(specifier, reflection, context) {
  const head = `# ${reflection.name}\n\n${commentText(reflection.comment, context)}`;
  return [
    head,
    sinceText(reflection.comment),
    importLine(specifier, [reflection]),
    exampleText(reflection.comment),
    ...members(reflection, context, 2),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

/** A function, class or type on a page that it shares with others. */
function section(reflection, context) {
  const parts = [`## ${reflection.name}`];
  if (reflection.kind & ReflectionKind.Class) {
    const heads = [
      commentText(reflection.comment, context),
      sinceText(reflection.comment),
      exampleText(reflection.comment),
    ];
    return [...parts, ...heads, ...members(reflection, context, 3)]
      .filter((part) => part !== "")
      .join("\n\n");
  }
  if (reflection.signatures) {
    return [...parts, ...reflection.signatures.map((signature) => described(signature, context))].join(
      "\n\n",
    );
  }
  parts.push(
    commentText(reflection.comment, context),
    sinceText(reflection.comment),
    code(declaredText(reflection)),
  );
  const children = reflection.children ?? reflection.type?.declaration?.children ?? [];
  parts.push(children.map((child) => item(child, context)).join("\n\n"), exampleText(reflection.comment));
  return parts.filter((part) => part !== "").join("\n\n");
}

/** A member of an interface, as an item of a list. */
function item(child, context) {
  const signature = child.signatures?.[0] ?? child.getSignature;
  const comment = child.comment ?? signature?.comment;
  const preset = defaultOf(comment);
  const type = child.signatures
    ? signatureText(signature)
    : `${child.name}${child.flags.isOptional ? "?" : ""}: ${typeText(child.type ?? signature?.type)}`;
  const line = type
    .replace(/\(\n\s*/g, "(")
    .replace(/,\n\)/g, ")")
    .replace(/\n\s*/g, " ");
  return [
    `- \`${line}\``,
    summaryText(child, context),
    sinceText(comment),
    preset && `Default: ${preset}`,
    throwsText(comment, context),
    exampleText(comment),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .replaceAll("\n", "\n  ")
    .replace(/^ +$/gm, "");
}

/** The constructor, properties, accessors and methods of a class, each below a heading. */
function members(reflection, context, level) {
  const heading = "#".repeat(level);
  return (reflection.children ?? []).map((child) => {
    const signatures = child.signatures ?? [child.getSignature].filter(Boolean);
    if (signatures.length > 0 && child.signatures) {
      const isConstructor = child.kind === ReflectionKind.Constructor;
      const name = isConstructor ? `new ${reflection.name}` : child.name;
      const parts = signatures.map((signature) => described(signature, context, name));
      return [`${heading} ${name.replace("[", "\\[")}()`, ...parts].join("\n\n");
    }
    const own = signatures[0] ?? child;
    const preset = defaultOf(own.comment);
    return [
      `${heading} ${child.name}`,
      code(
        `${child.flags.isReadonly || (child.getSignature && !child.setSignature) ? "readonly " : ""}${child.name}${child.flags.isOptional ? "?" : ""}: ${typeText(own.type)}`,
      ),
      commentText(own.comment, context),
      sinceText(own.comment),
      preset && `Default: ${preset}`,
      throwsText(own.comment, context),
      exampleText(own.comment),
    ]
      .filter((part) => part !== "")
      .join("\n\n");
  });
}

/** A signature with its comment, parameters, errors and example. */
function described(signature, context, name = signature.name) {
  const comment = context.commentOf(signature);
  const parameters = (signature.parameters ?? [])
    .filter((one) => one.comment !== undefined)
    .map((one) => `- \`${one.name}\`: ${commentText(one.comment, context)}`)
    .join("\n");
  return [
    code(signatureText(signature, name)),
    commentText(comment, context),
    sinceText(comment),
    parameters,
    throwsText(comment, context),
    exampleText(comment),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function code(text) {
  return text === "" ? "" : `\`\`\`ts\n${text}\n\`\`\``;
}
