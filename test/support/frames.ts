/** WebSocket frames as bytes (RFC 6455, section 5.2), where the flags of a frame matter. */

export interface Frame {
  /** RSV1: permessage-deflate has compressed the message (RFC 7692, section 7.2.3.1). */
  compressed: boolean;
  opcode: number;
  payload: Buffer;
}

/** The complete frames that a server has sent. */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
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

/** What follows the head of the answer to an upgrade request. */
export function afterHead(answer: Buffer): Buffer {
  const end = answer.indexOf("\r\n\r\n");
  return end === -1 ? Buffer.alloc(0) : answer.subarray(end + 4);
}

/** A text frame as clients send it, masked with zeros; up to 125 bytes. */
export function clientText(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
