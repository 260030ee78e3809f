import expect from "expect.js";
import { copyOf, escaped, quoted, quotedRooms, shortId, shownMessage } from "../../lib/texts";

const ID = "p8sosUbNFOq87O9gAAAA";

describe("texts of clients", () => {
  it("are copied without a change", () => {
    for (const text of ["", "/", "/a namespace", "\ud800 \u0000 é 💡", "x".repeat(100_000)]) {
      expect(copyOf(text)).to.be(text);
    }
  });

  it("are escaped like JSON, in addition terminal controls, line separators and changes of direction", () => {
    expect(escaped('/a"b\\')).to.be('/a\\"b\\\\');
    expect(escaped("\n\r\t\u0000\u001b\u007f\u0085\u009b\u2028\u2029\u202e\u2066\ud800")).to.be(
      "\\n\\r\\t\\u0000\\u001b\\u007f\\u0085\\u009b\\u2028\\u2029\\u202e\\u2066\\ud800",
    );
    expect(quoted("é 💡")).to.be('"é 💡"');
  });

  it("may be any other values", () => {
    expect(quoted({ toString: 1 })).to.be('"[object Object]"');
    expect(quoted(Symbol("s"))).to.be('"Symbol(s)"');
    expect(quotedRooms([{ toString: 1 }, null])).to.be('"[object Object]", "null"');
  });

  it("are shortened after they are escaped", () => {
    expect(quoted("x".repeat(100))).to.be(`"${"x".repeat(100)}"`);
    expect(quoted("x".repeat(101))).to.be(`"${"x".repeat(100)}…"`);
    expect(escaped("\u0000".repeat(1_000))).to.have.length(101);
    expect(escaped("abcdef", 3)).to.be("abc…");
  });

  it("that are ids show their beginning only", () => {
    expect(shortId(ID)).to.be("p8sosU…");
    expect(shortId("1234")).to.be("12…");
    expect(quotedRooms(["room", ID, `/chat#${ID}`, 5])).to.be('"room", p8sosU…, /chat#p8sosU…, "5"');
    expect(quotedRooms(new Set(Array.from({ length: 20 }, (_, i) => i)))).to.match(/"9", … \(20\)$/);
    expect(quotedRooms("room")).to.be('"room"');
  });

  it("in messages are shown for events, while packets with secrets show their type", () => {
    expect(shownMessage('42["hello"]')).to.be('42[\\"hello\\"]');
    expect(shownMessage("2probe")).to.be("2probe");
    expect(shownMessage(`40{"pid":"${ID}"}`)).to.be("40… (32 characters)");
    expect(shownMessage(`4{"type":0,"data":{"pid":"${ID}"}}`)).to.be("4{… (49 characters)");
    expect(shownMessage(Buffer.alloc(3))).to.be("3 bytes");
  });
});
