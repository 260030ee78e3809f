/** What may be sent over a WebSocket. */

/** What is sent as it is. */
export type Bytes = ArrayBufferView | ArrayBuffer;

/** Called when a message has left, or could not leave. */
export type SendCallback = (error?: Error) => void;

export function isCallback(value: unknown): value is SendCallback {
  return typeof value === "function";
}

export function isBytes(data: unknown): data is Bytes {
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
}

/** The same memory. */
export function bufferOver(data: Bytes): Buffer {
  if (Buffer.isBuffer(data)) {
    return data;
  }
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

/** Only what engine.io sends: texts and bytes, with a callback instead of options. */
export function isSimple(data: unknown, options: unknown): data is string | Bytes {
  return (
    (typeof data === "string" || isBytes(data)) && (options === undefined || typeof options === "function")
  );
}
