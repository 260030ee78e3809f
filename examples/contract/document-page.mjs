// Makes a page from an AsyncAPI document that asyncapi() has returned.

const directions = { receive: "client → server", send: "server → client" };

/** @param {import("socket.io/contract/asyncapi").AsyncApiDocument} document */
export function pageOf(document) {
  const { info, channels, operations, components } = document;

  /** The part of the document to which a reference refers. Its names contain no characters that would be escaped. */
  const find = ({ $ref }) =>
    $ref
      .slice("#/".length)
      .split("/")
      .reduce((part, name) => part[name], document);

  const message = ({ title, description = "", payload }) => `
      <dt>${text(title)}</dt>
      <dd>${text(description)}<pre>${text(JSON.stringify(payload, undefined, 2))}</pre></dd>`;

  /** @param {import("socket.io/contract/asyncapi").AsyncApiOperation} one */
  const operation = ({ action, title, messages, reply }) => `
    <h3>${text(title)} <small>${directions[action]}</small></h3>
    <dl>${messages.map((one) => message(find(one))).join("")}
    </dl>
    ${reply ? `<h4>Answers</h4>\n    <dl>${reply.messages.map((one) => message(find(one))).join("")}\n    </dl>` : ""}`;

  const channel = ([key, { address, description }]) => {
    const own = Object.values(operations).filter(({ channel: { $ref } }) => $ref === `#/channels/${key}`);
    return `
    <h2>${text(address)}</h2>
    <p>${text(description)}</p>${own.map(operation).join("")}`;
  };

  const schemas = Object.entries(components.schemas).map(([name, payload]) =>
    message({ title: name, payload }),
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${text(info.title)}</title>
  </head>
  <body>
    <h1>${text(info.title)} ${text(info.version)}</h1>
    <p>${text(info.description ?? "")}</p>${Object.entries(channels).map(channel).join("")}
    ${schemas.length > 0 ? `<h2>Schemas</h2>\n    <dl>${schemas.join("")}\n    </dl>` : ""}
  </body>
</html>
`;
}

function text(value) {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
