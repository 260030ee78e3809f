/** WebSocket frames as bytes (RFC 6455, section 5.2): makes frames of a client, and reads frames of a server. */

const KEY = Buffer.from([0x12, 0x34, 0x56, 0x78]);

/** A masked frame; its first byte contains FIN, the reserved bits and the opcode. */
export function clientFrame(firstByte: number, payload: Buffer, key = KEY): Buffer {
  return Buffer.concat([
    Buffer.from([firstByte]),
    lengthBytes(payload.length),
    key,
    payload.map((byte, index) => byte ^ key[index & 3]),
  ]);
}

/** A masked text frame. */
export function clientText(text: string): Buffer {
  return clientFrame(0x81, Buffer.from(text));
}

function lengthBytes(length: number): Buffer {
  if (length < 126) {
    return Buffer.from([0x80 | length]);
  }
  const bytes = Buffer.alloc(length <= 0xffff ? 3 : 9);
  if (length <= 0xffff) {
    bytes[0] = 0x80 | 126;
    bytes.writeUInt16BE(length, 1);
  } else {
    bytes[0] = 0x80 | 127;
    bytes.writeBigUInt64BE(BigInt(length), 1);
  }
  return bytes;
}

export interface ServerFrame {
  /** RSV1: whether permessage-deflate has compressed the message (RFC 7692, section 7.2.3.1). */
  compressed: boolean;
  opcode: number;
  payload: Buffer;
}

/** The complete frames in the bytes that a server has sent. */
export function framesOf(bytes: Buffer): ServerFrame[] {
  const frames: ServerFrame[] = [];
  let offset = 0;
  while (offset + 2 <= bytes.length) {
    let length = bytes[offset + 1] & 0x7f;
    let start = offset + 2;
    if (length === 126 && start + 2 <= bytes.length) {
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === 127 && start + 8 <= bytes.length) {
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    if (start + length > bytes.length) {
      break;
    }
    frames.push({
      compressed: (bytes[offset] & 0x40) !== 0,
      opcode: bytes[offset] & 0x0f,
      payload: bytes.subarray(start, start + length),
    });
    offset = start + length;
  }
  return frames;
}

/** The payloads of these frames, as text. */
export function payloads(bytes: Buffer): string[] {
  return framesOf(bytes).map(({ payload }) => payload.toString());
}

/** The bytes after the head of the response to an upgrade request. */
export function afterHead(response: Buffer): Buffer {
  const end = response.indexOf("\r\n\r\n");
  return end === -1 ? Buffer.alloc(0) : response.subarray(end + 4);
}
