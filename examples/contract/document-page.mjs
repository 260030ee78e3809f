// Makes a page from an AsyncAPI document that asyncapi() has returned.
import { readFileSync } from "node:fs";
import { escaped, fieldsOf, schemaFields } from "./document-fields.mjs";

const style = readFileSync(new URL("./document-page.css", import.meta.url), "utf8");

const directions = { receive: "client → server", send: "server → client" };

/** @param {import("socket.io/contract/asyncapi").AsyncApiDocument} document */
export function pageOf(document) {
  const { info, servers = {}, channels, operations, components } = document;

  /** The part of the document to which a reference refers. Its names contain no characters that would be escaped. */
  const find = ({ $ref }) =>
    $ref
      .slice("#/".length)
      .split("/")
      .reduce((part, name) => part[name], document);

  const namespaces = Object.entries(channels).map(([key, { address }]) => {
    const own = Object.entries(operations).filter(([, { channel }]) => channel.$ref === `#/channels/${key}`);
    const replies = own.flatMap(([, { reply }]) => reply?.messages ?? []);
    // an answer to an event is described there; errors, which many events may answer with, have a section of their own
    const shared = replies.filter(({ $ref }) => $ref.includes("/messages/errors."));
    return { address, own, errors: [...new Set(shared.map(({ $ref }) => $ref))] };
  });

  const operation = ([key, { action, title, messages, reply }]) => {
    const [sent] = messages.map(find);
    const answers = (reply?.messages ?? []).filter(({ $ref }) => !$ref.includes("/messages/errors."));
    const errors = (reply?.messages ?? []).filter((one) => !answers.includes(one));
    return `
      <article id="${escaped(key)}">
        <h3>${escaped(title)} <small class="${action}">${directions[action]}</small></h3>
        ${paragraph(sent.description)}${fields(fieldsOf(sent.payload), "No arguments.")}
        ${answers.map(find).map(answer).join("")}${errors.length > 0 ? errorLinks(errors) : ""}
        ${source([sent, ...answers.map(find)].map(({ payload }) => payload))}
      </article>`;
  };

  const answer = ({ title, description, payload }) => `
        <h4>${escaped(title.replace(/^.*: acknowledgement$/s, "Acknowledgement"))}</h4>
        ${paragraph(description)}${fields(fieldsOf(payload, "answer"), "Without a value.")}`;

  const errorLinks = (errors) => {
    const links = errors.map((one) => `<a href="#${idOf(one.$ref)}">${escaped(find(one).title)}</a>`);
    return `<p>Or an error: ${links.join(", ")}.</p>`;
  };

  const error = ($ref) => {
    const { title, payload } = find({ $ref });
    return `
      <article id="${idOf($ref)}">
        <h3>${escaped(title)}</h3>
        ${fields(fieldsOf(payload, "answer"), "")}
      </article>`;
  };

  const namespace = ({ address, own, errors }) => `
    <section>
      <h2>Namespace ${escaped(address)}</h2>${own.map(operation).join("")}
      ${errors.length > 0 ? `<h2>Errors of ${escaped(address)}</h2>${errors.map(error).join("")}` : ""}
    </section>`;

  const schema = ([name, content]) => `
      <article id="schema-${escaped(name)}">
        <h3>${escaped(name)}</h3>
        ${fields(schemaFields(name, content), "")}
        ${source([content])}
      </article>`;

  const schemas = Object.entries(components.schemas);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escaped(info.title)}</title>
    <link rel="icon" href="data:,">
    <style>
${style}    </style>
  </head>
  <body>
    <header>
      <h1>${escaped(info.title)} ${escaped(info.version)}</h1>
      ${paragraph(info.description)}${Object.values(servers).map(address).join("")}
    </header>
    <nav aria-label="Events">${namespaces.map(contents).join("")}
    </nav>
    <main>${namespaces.map(namespace).join("")}
    ${schemas.length > 0 ? `<section>\n      <h2>Schemas</h2>${schemas.map(schema).join("")}\n    </section>` : ""}
    </main>
  </body>
</html>
`;
}

const paragraph = (text) => (text ? `<p>${inline(text)}</p>\n        ` : "");

/** Descriptions are in Markdown, of which the page shows code only. */
const inline = (text) => escaped(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

const address = ({ host, pathname = "" }) => `<p>Server: <code>${escaped(host + pathname)}</code></p>`;

/** The last two parts of a reference are unique in a namespace, and the namespace is unique in the document. */
const idOf = ($ref) => escaped($ref.slice("#/channels/".length).replace("/messages/", "."));

function contents({ address, own }) {
  const link = ([key, { title, action }]) =>
    `<li><a href="#${escaped(key)}">${escaped(title)}</a> <small class="${action}">${directions[action]}</small></li>`;
  return `
      <p>Events of ${escaped(address)}</p>
      <ul>${own.map(link).join("")}</ul>`;
}

/** @param {import("./document-fields.mjs").Field[]} rows */
function fields(rows, otherwise) {
  if (rows.length === 0) {
    return paragraph(otherwise);
  }
  const row = ({ name, depth, isRequired, type, notes }) => `
            <tr>
              <th scope="row" style="--depth: ${depth}">${escaped(name)}</th>
              <td>${type}</td>
              <td>${[isRequired ? "required" : "optional", ...notes].map(inline).join("; ")}</td>
            </tr>`;
  return `<div class="table">
        <table>
          <thead>
            <tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Notes</th></tr>
          </thead>
          <tbody>${rows.map(row).join("")}
          </tbody>
        </table>
        </div>`;
}

function source(parts) {
  const text = parts.map((part) => JSON.stringify(part, undefined, 2)).join("\n\n");
  return `<details><summary>JSON Schema</summary><pre>${escaped(text)}</pre></details>`;
}
