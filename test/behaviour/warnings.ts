import expect from "expect.js";
import { subjectName } from "../support/subject";
import { warningsOf } from "../support/warnings";

(subjectName === "reference" ? describe.skip : describe)("process warnings", () => {
  it("say once that the option origins of version 2 is ignored, and which options take its place", async () => {
    const [warning, ...others] = await warningsOf(`
      new Server({ origins: "*:*" });
      new Server({ origins: (origin, callback) => callback(null, true) });
    `);
    expect(warning.code).to.be("SOCKET_IO_ORIGINS_IGNORED");
    expect(warning.message).to.contain('"allowedOrigins"');
    expect(others).to.eql([]);
  });
});
