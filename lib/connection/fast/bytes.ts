/** The types of the data that a WebSocket sends. */

/** Binary data. */
export type Bytes = ArrayBufferView | ArrayBuffer;

/** Called when a message has been sent, or with the error if it could not be sent. */
export type SendCallback = (error?: Error) => void;

export function isCallback(value: unknown): value is SendCallback {
  return typeof value === "function";
}

export function isBytes(data: unknown): data is Bytes {
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
}

/** Returns a buffer over the same memory. */
export function bufferOver(data: Bytes): Buffer {
  if (Buffer.isBuffer(data)) {
    return data;
  }
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

/** Whether `send()` was called as engine.io calls it: with a text or bytes, and without options. */
export function isSimple(data: unknown, options: unknown): data is string | Bytes {
  return (
    (typeof data === "string" || isBytes(data)) && (options === undefined || typeof options === "function")
  );
}
