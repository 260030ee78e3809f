import expect from "expect.js";
import { parseSimpleQuery } from "../../../../lib/connection/fast/query";

const general = (url: string) => Object.fromEntries(new URL(url, "https://localhost").searchParams);

describe("the parser for simple queries", () => {
  for (const url of [
    "/socket.io/?EIO=4&transport=websocket",
    "/socket.io/?EIO=4&transport=polling&t=abc123&sid=AbC-_0",
    "/?a=1&a=2&b=&=c",
    "/?a=b=c",
    "/?constructor=1&toString=2",
    "http://localhost/?a=~.",
  ]) {
    it(`returns for ${url} the same as the general parser`, () => {
      const query = parseSimpleQuery(url);
      expect(query).to.eql(general(url));
      expect(Object.keys(query as object)).to.eql(Object.keys(general(url)));
    });
  }

  for (const url of [
    "/socket.io/",
    "/?",
    "/?a",
    "/?a=1&&b",
    "/?a=%20",
    "/?a=b+c",
    "/?a=1#b",
    "/?a=é",
    "/?__proto__=1",
  ]) {
    it(`leaves ${url} to the general parser`, () => {
      expect(parseSimpleQuery(url)).to.be(undefined);
    });
  }
});
