import expect from "expect.js";
import { payloadLimits } from "../../../lib/guards/payload-limits";

describe("the limits of incoming packets", () => {
  it("wait for attachments no longer than a timer of Node.js can", () => {
    const longest = 2 ** 31 - 1;
    expect(payloadLimits({}, { pingTimeout: longest }).attachmentTimeout).to.be(longest);
    expect(payloadLimits({}, { pingInterval: Number.POSITIVE_INFINITY }).attachmentTimeout).to.be(longest);
    expect(payloadLimits({}).attachmentTimeout).to.be(45_000);
  });
});
