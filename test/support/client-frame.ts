/** Frames as a WebSocket client sends them: masked. */

const KEY = Buffer.from([0x12, 0x34, 0x56, 0x78]);

/** One frame whose first byte (FIN, reserved bits, opcode) is given. */
export function clientFrame(firstByte: number, payload: Buffer, key = KEY): Buffer {
  return Buffer.concat([
    Buffer.from([firstByte]),
    lengthBytes(payload.length),
    key,
    payload.map((byte, index) => byte ^ key[index & 3]),
  ]);
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

/** The payloads of the frames that a server has sent, as text. */
export function payloads(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const short = bytes[start + 1];
    const long = short === 126;
    const length = long ? bytes.readUInt16BE(start + 2) : short;
    const payload = start + (long ? 4 : 2);
    texts.push(bytes.toString("utf8", payload, payload + length));
    start = payload + length;
  }
  return texts;
}
