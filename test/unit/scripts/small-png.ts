/** scripts/small-png.mjs: the pictures keep their pixels if they have few colours, and nearly keep them otherwise. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { deflateSync, inflateSync } from "node:zlib";
import expect from "expect.js";
import { root } from "../../support/repository";

type Colour = [number, number, number];

const signature = Buffer.from("89504e470d0a1a0a", "hex");

/** Without checksums, which the script does not read. */
function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
}

/** A PNG file with all colours; row y has the filter y % 5. */
function pngOf(rows: Colour[][]): Buffer {
  const width = rows[0]?.length ?? 0;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([8, 2], 8);
  const at = (y: number, x: number, channel: number) => rows[y]?.[x]?.[channel] ?? 0;
  const filtered = rows.map((row, y) => {
    const filter = y % 5;
    const bytes = row.flatMap((colour, x) =>
      colour.map((value, channel) => {
        const [left, above, corner] = [
          at(y, x - 1, channel),
          at(y - 1, x, channel),
          at(y - 1, x - 1, channel),
        ];
        const guess = left + above - corner;
        const [a, b, c] = [left, above, corner].map((one) => Math.abs(guess - one)) as Colour;
        const paeth = a <= b && a <= c ? left : b <= c ? above : corner;
        return value - ([0, left, above, (left + above) >> 1, paeth][filter] as number);
      }),
    );
    return Buffer.from([filter, ...bytes]);
  });
  const data = deflateSync(Buffer.concat(filtered));
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    // a picture may have several of them
    chunk("IDAT", data.subarray(0, 10)),
    chunk("IDAT", data.subarray(10)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The rows of a PNG file with a palette. */
function rowsOf(png: Buffer): Colour[][] {
  const chunks: Record<string, Buffer> = {};
  for (let at = signature.length; at < png.length; at += 12 + png.readUInt32BE(at)) {
    chunks[png.toString("latin1", at + 4, at + 8)] = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
  }
  const { IHDR, PLTE, IDAT } = chunks as Record<"IHDR" | "PLTE" | "IDAT", Buffer>;
  const [width, height] = [IHDR.readUInt32BE(0), IHDR.readUInt32BE(4)];
  const bytes = inflateSync(IDAT);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const index = bytes[y * (width + 1) + 1 + x] as number;
      return [...PLTE.subarray(index * 3, index * 3 + 3)] as Colour;
    }),
  );
}

describe("scripts/small-png.mjs", () => {
  let smallPng: (png: Buffer) => Buffer;

  before(async () => {
    ({ smallPng } = await import(pathToFileURL(join(root, "scripts/small-png.mjs")).href));
  });

  const picture = (height: number, width: number, colour: (y: number, x: number) => Colour) =>
    Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => colour(y, x)));

  it("keeps each pixel of a picture with up to 256 colours, whatever the filters of its rows", () => {
    const rows = picture(16, 16, (y, x) => [(y * 37 + x * 11) % 256, (x * 91) % 256, (y * y * 7) % 256]);
    expect(rowsOf(smallPng(pngOf(rows)))).to.eql(rows);
  });

  it("keeps the most frequent colours, and replaces others with the nearest", () => {
    const white: Colour = [255, 255, 255];
    // 300 greens that are there once, and white everywhere else
    const rows = picture(40, 40, (y, x) => {
      const index = y * 40 + x;
      return index < 300 ? [index >> 4, 100 + (index & 15), 50] : white;
    });
    const result = rowsOf(smallPng(pngOf(rows))).flat();
    const before = rows.flat();
    expect(result.slice(300)).to.eql(before.slice(300));
    expect(new Set(result.map(String)).size).to.be(256);
    const far = result.filter((colour, index) =>
      colour.some((value, channel) => Math.abs(value - (before[index]?.[channel] ?? 0)) > 16),
    );
    expect(far).to.eql([]);
  });
});
