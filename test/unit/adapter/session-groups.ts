import expect from "expect.js";
import { SessionGroups } from "../../../lib/adapter/session-groups";

describe("the groups of sessions", () => {
  it("know the oldest session of the network with the most sessions", () => {
    const groups = new SessionGroups();
    expect(groups.oldestOfLargest).to.be(undefined);
    groups.add("a1", "a");
    groups.add("b1", "b");
    expect(groups.oldestOfLargest).to.be("a1");
    groups.add("b2", "b");
    expect(groups.oldestOfLargest).to.be("b1");
    groups.add("u1", undefined);
    groups.remove("b1", "b");
    expect(groups.oldestOfLargest).to.be("a1");
    groups.remove("a1", "a");
    groups.remove("unknown", "c");
    groups.remove("u1", undefined);
    expect(groups.oldestOfLargest).to.be("b2");
    groups.remove("b2", "b");
    expect(groups.oldestOfLargest).to.be(undefined);
  });
});
