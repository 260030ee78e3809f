import expect from "expect.js";
import { clientFileOf, planClientFile } from "../../../lib/attach/client-files";

const { version } = require("../../../package.json") as { version: string };

describe("the plan for a client file", () => {
  it("supports eight files, and no others below the path [11]", () => {
    for (const name of ["socket.io", "socket.io.min", "socket.io.msgpack.min", "socket.io.esm.min"]) {
      expect(clientFileOf(`/socket.io/${name}.js`, "/socket.io")).to.be(`${name}.js`);
      expect(clientFileOf(`/socket.io/${name}.js.map?v=1`, "/socket.io")).to.be(`${name}.js.map`);
    }
    for (const url of [
      "/socket.io/",
      "/socket.io/socket.io.esm.js",
      "/socket.io/../package.json",
      "/socket.io/%2e%2e/package.json",
      "/socket.io/socket.io.jsx",
      "/socket.io/socket.io.js/",
      "/other/socket.io.js",
      "/socket.iosocket.io.js",
      "",
    ]) {
      expect(clientFileOf(url, "/socket.io")).to.be(undefined);
    }
  });

  it("uses the version as ETag, weak or strong [12]", () => {
    expect(planClientFile("socket.io.js", undefined).headers.ETag).to.be(`"${version}"`);
    for (const etag of [`"${version}"`, `W/"${version}"`]) {
      expect(planClientFile("socket.io.js", etag)).to.eql({ status: 304, headers: {} });
    }
    expect(planClientFile("socket.io.js", '"4.0.0"').status).to.be(200);
  });

  it("sets content type and caching [12]", () => {
    expect(planClientFile("socket.io.js", undefined).headers).to.eql({
      "Cache-Control": "public, max-age=0",
      "Content-Type": "application/javascript; charset=utf-8",
      ETag: `"${version}"`,
    });
    expect(planClientFile("socket.io.js.map", undefined).headers["Content-Type"]).to.be(
      "application/json; charset=utf-8",
    );
  });
});
