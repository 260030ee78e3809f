import expect from "expect.js";
import { FramedWriteOptions } from "../../../lib/connection/fast/framed";
import { messageFrame } from "../../../lib/connection/fast/frames";
import type { RawPacket } from "../../../lib/connection/port";
import {
  bytesIn,
  dropOldest,
  droppableIn,
  markDroppable,
  packetCost,
  sizeOfChunks,
  type WriteBuffer,
} from "../../../lib/connection/write-buffer";

function packet(data: unknown): RawPacket {
  return { type: "message", data, options: {} };
}

/** Adds an event that may be dropped. */
function event(buffer: WriteBuffer, ...parts: unknown[]): void {
  const from = buffer.length;
  buffer.push(...parts.map(packet));
  markDroppable(buffer, from);
}

/** The memory that an event needs in addition to its data. */
function costOfEvent(...parts: unknown[]): number {
  const buffer: WriteBuffer = [];
  event(buffer, ...parts);
  return droppableIn(buffer) - bytesIn(buffer);
}

const dataIn = (buffer: WriteBuffer) => buffer.map(({ data }) => data);

describe("the buffer of the engine", () => {
  it("counts text in UTF-8, binary data of any kind, and packets without data", () => {
    const buffer = [packet("aé"), packet(Buffer.alloc(5)), packet(new ArrayBuffer(7)), packet(undefined)];
    expect(bytesIn(buffer)).to.be(3 + 5 + 7);
    buffer.push(packet("more"));
    expect(bytesIn(buffer)).to.be(15 + 4);
    expect(bytesIn([])).to.be(0);
  });

  it("counts the frame of a broadcast", () => {
    const frame = messageFrame('2["x"]');
    expect(sizeOfChunks(['2["x"]'], new FramedWriteOptions(frame))).to.be(frame.length);
    expect(sizeOfChunks(['2["x"]', Buffer.alloc(3)], {})).to.be(6 + 3);
  });

  it("counts the memory of attachments, of frames beside their texts, and of two bytes for each character", () => {
    const plain = packetCost([packet("text")]);
    const costs = [
      packet(Buffer.alloc(4)),
      packet("x".repeat(1_000)),
      packet(`${"x".repeat(999)}€`),
      packet("字".repeat(1_000)),
      { ...packet("x".repeat(1_000)), options: new FramedWriteOptions(messageFrame("x".repeat(1_000))) },
      {
        ...packet(`${"x".repeat(999)}€`),
        options: new FramedWriteOptions(messageFrame(`${"x".repeat(999)}€`)),
      },
      { ...packet("text"), options: { wsPreEncodedFrame: [Buffer.alloc(2), Buffer.from("4text")] } },
    ].map((counted) => packetCost([counted]) - plain);
    expect(costs).to.eql([150, 0, 2_000 - 1_002, 0, 150 + 1_000, 150 + 2_000, 300 + 4]);
  });

  it("reads each packet once", () => {
    let looks = 0;
    const counted = {
      type: "message",
      get data() {
        looks++;
        return "text";
      },
    };
    const buffer = [counted, packet("a")];
    for (let i = 0; i < 5; i++) {
      expect(bytesIn(buffer)).to.be(5);
    }
    expect(looks).to.be(1);
  });

  it("drops the oldest events first, as many as necessary", () => {
    const buffer: WriteBuffer = [];
    for (const text of ["aaaa", "bbbb", "cccc", "dddd"]) {
      event(buffer, text);
    }
    const cost = costOfEvent("");
    expect(droppableIn(buffer)).to.be(16 + 4 * cost);
    expect(packetCost(buffer)).to.be(4 * cost);
    expect(dropOldest(buffer, 4 + cost + 1)).to.be(2);
    expect(dataIn(buffer)).to.eql(["cccc", "dddd"]);
    expect([bytesIn(buffer), droppableIn(buffer), packetCost(buffer)]).to.eql([8, 8 + 2 * cost, 2 * cost]);
    expect(dropOldest(buffer, 100 * cost)).to.be(2);
    expect(buffer).to.eql([]);
    expect([bytesIn(buffer), droppableIn(buffer)]).to.eql([0, 0]);
    expect(dropOldest(buffer, 1)).to.be(0);
  });

  it("drops complete events, and nothing else", () => {
    const buffer: WriteBuffer = [packet("rest of an event"), packet("answer 1")];
    event(buffer, "a", Buffer.alloc(2), Buffer.alloc(3));
    buffer.push(packet("answer 2"));
    event(buffer, "b");
    event(buffer, "c", Buffer.alloc(1));
    buffer.push(packet("answer 3"));
    event(buffer, "d");
    expect(dropOldest(buffer, 1)).to.be(1);
    expect(dataIn(buffer).map(String)).to.eql([
      "rest of an event",
      "answer 1",
      "answer 2",
      "b",
      "c",
      "\0",
      "answer 3",
      "d",
    ]);
    expect(dropOldest(buffer, 1 + 2 + 2 * costOfEvent("") + 1 + costOfEvent(Buffer.alloc(0)))).to.be(3);
    expect(dataIn(buffer)).to.eql(["rest of an event", "answer 1", "answer 2", "answer 3"]);
    expect(droppableIn(buffer)).to.be(0);
    expect(bytesIn(buffer)).to.be(16 + 3 * 8);
  });

  it("works with any number of events over time", () => {
    const buffer: WriteBuffer = [packet("first")];
    const kept: string[] = [];
    for (let i = 0; i < 5000; i++) {
      if (i % 7 === 0) {
        buffer.push(packet(`answer ${i}`));
      } else {
        event(buffer, `event ${i}`, Buffer.alloc(i % 3));
        kept.push(`event ${i}`);
      }
      while (droppableIn(buffer) > 1000) {
        kept.splice(0, dropOldest(buffer, 50));
      }
    }
    const texts = dataIn(buffer).filter((data) => typeof data === "string");
    expect(texts.filter((text) => text.startsWith("event"))).to.eql(kept);
    expect(texts.filter((text) => text.startsWith("answer"))).to.have.length(Math.ceil(5000 / 7));
    expect(texts[0]).to.be("first");
    const again = [...buffer];
    expect(bytesIn(buffer)).to.be(bytesIn(again));
  });

  it("does not modify a buffer that other code has rearranged", () => {
    const buffer: WriteBuffer = [];
    for (const text of ["a", "b", "c", "d"]) {
      event(buffer, text);
    }
    buffer.shift();
    buffer.push(packet("not ours"));
    expect(dropOldest(buffer, 2)).to.be(0);
    expect(dataIn(buffer)).to.eql(["b", "c", "d", "not ours"]);
    buffer.length = 1;
    expect(bytesIn(buffer)).to.be(1);
    event(buffer, "new");
    expect(dropOldest(buffer, 1)).to.be(1);
    expect(dataIn(buffer)).to.eql(["b"]);
  });
});
