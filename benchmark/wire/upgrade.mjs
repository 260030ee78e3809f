/** The opening handshake of a WebSocket (RFC 6455, section 4). */
import { createHash } from "node:crypto";

/** Any key is sufficient: the client is not measured. */
const key = "dGhlIHNhbXBsZSBub25jZQ==";

export const deflateOffer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/** @param {string} path @param {{ deflate?: boolean }} options */
export function upgradeRequest(path, { deflate = false } = {}) {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    "Accept-Encoding: gzip, deflate, br",
    "Cache-Control: no-cache",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Origin: http://localhost",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    ...(deflate ? [`Sec-WebSocket-Extensions: ${deflateOffer}`] : []),
    "",
    "",
  ].join("\r\n");
}

/** @param {string} request the head of the request */
export function upgradeResponse(request, { deflate = false } = {}) {
  const [, asked = ""] = /^sec-websocket-key: *(\S+)/im.exec(request) ?? [];
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptOf(asked)}`,
    ...(deflate ? [`Sec-WebSocket-Extensions: ${deflateOffer}`] : []),
    "",
    "",
  ].join("\r\n");
}

/** @param {string} askedKey */
export function acceptOf(askedKey) {
  return createHash("sha1").update(`${askedKey}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}
