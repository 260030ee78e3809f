/** The receivers of published texts, while connections become ready and sockets connect and disconnect. */
import expect from "expect.js";
import type { AdapterSocket, Publisher, Subscriber } from "../../../lib/adapter/contract";
import { ALL_SOCKETS } from "../../../lib/adapter/receivers";
import { RoomTopics } from "../../../lib/adapter/topics";
import { recordPlain } from "../../support/channels";

/** An app with one connection for each name, which receives the texts that are published to its topics. */
class FakeApp implements Publisher {
  readonly got: Record<string, string[]> = {};
  readonly topics = new Map<string, Set<string>>();

  publish(topic: string, text: string): void {
    for (const [name, topics] of this.topics) {
      if (topics.has(topic)) {
        this.got[name] = [...(this.got[name] ?? []), text];
      }
    }
  }

  line(name: string, isReady = true): Subscriber & { becomeReady(): void } {
    const topics = new Set<string>();
    this.topics.set(name, topics);
    const waiting = new Set<() => void>();
    return {
      publisher: this,
      whenReady: (ready) => (isReady ? ready() : void waiting.add(ready)),
      cancelReady: (ready) => void waiting.delete(ready),
      subscribe: (topic) => void topics.add(topic),
      unsubscribe: (topic) => void topics.delete(topic),
      becomeReady: () => {
        for (const ready of waiting) {
          ready();
        }
      },
    };
  }
}

function setUp(...ids: string[]) {
  const app = new FakeApp();
  const sids = new Map<string, Set<string>>();
  const lines = new Map<object, Subscriber>();
  const topics = new RoomTopics({ of: (client) => lines.get(client) }, sids);
  const admit = (id: string, rooms: string[], line?: Subscriber) => {
    const client = { writeToEngine() {} };
    if (line) {
      lines.set(client, line);
    }
    sids.set(id, new Set(rooms));
    topics.connected({ id, client } as unknown as AdapterSocket);
  };
  for (const id of ids) {
    admit(id, [id, "room"], app.line(id));
  }
  return { app, topics, admit, sids };
}

describe("the topics of rooms", () => {
  it("reach the members of a room, each once", () => {
    const { app, topics, admit } = setUp("a", "b");
    admit("c", ["c"], app.line("c"));
    const toRoom = topics.publish("room", "1", undefined);
    const toAll = topics.publish(ALL_SOCKETS, "2", undefined);
    expect(app.got).to.eql({ a: ["1", "2"], b: ["1", "2"], c: ["2"] });
    expect([toRoom?.("a"), toAll?.("c"), toAll?.("nobody")]).to.eql([true, true, false]);
  });

  it("report a published text once on the diagnostics channel, with the number of receivers", () => {
    const { topics } = setUp("a", "b");
    const messages = recordPlain("socket.io:packet");
    topics.publish("room", "é", undefined);
    topics.publish("nowhere", "é", undefined);
    expect(messages).to.eql([{ direction: "out", bytes: 2, receivers: 2 }]);
  });

  it("do not exist for rooms without connections that can subscribe, and for a socket's own room", () => {
    const { topics, admit } = setUp("a");
    admit("over another engine", ["other"]);
    expect(topics.publish("other", "1", undefined)).to.be(undefined);
    expect(topics.publish("a", "1", undefined)).to.be(undefined);
  });

  it("do not reach the owner of an own room that others have joined", () => {
    const { app, topics } = setUp("a", "b");
    topics.joined("a", "b");
    const isReached = topics.publish("a", "1", undefined);
    expect(app.got).to.eql({ b: ["1"] });
    expect([isReached?.("a"), isReached?.("b")]).to.eql([false, true]);
  });

  it("reach a connection as soon as it is ready, in all rooms that were joined meanwhile", () => {
    const { app, topics, admit, sids } = setUp("a");
    const line = app.line("late", false);
    admit("late", ["room"], line);
    sids.get("late")?.add("second");
    topics.joined("second", "late");
    const earlier = topics.publish("room", "1", undefined);
    line.becomeReady();
    expect(earlier?.("late")).to.be(false);
    expect(earlier?.("a")).to.be(true);
    expect(topics.publish("room", "2", undefined)?.("late")).to.be(true);
    expect(topics.publish("second", "3", undefined)?.("late")).to.be(true);
    expect(app.got.late).to.eql(["2", "3"]);
  });

  it("are removed when their last member has left", () => {
    const { app, topics } = setUp("a", "b");
    topics.left("room", "a");
    expect(topics.publish("room", "1", undefined)?.("b")).to.be(true);
    topics.left("room", "b");
    expect(topics.publish("room", "2", undefined)).to.be(undefined);
    topics.disconnected("a");
    topics.disconnected("b");
    topics.disconnected("b");
    expect(topics.publish(ALL_SOCKETS, "3", undefined)).to.be(undefined);
    expect(app.got).to.eql({ b: ["1"] });
    expect([...app.topics.values()].map(({ size }) => size)).to.eql([0, 0]);
  });

  it("do not wait for a connection whose socket has disconnected", () => {
    const { app, topics, admit } = setUp();
    const line = app.line("late", false);
    admit("late", ["room"], line);
    topics.disconnected("late");
    line.becomeReady();
    expect(app.topics.get("late")?.size).to.be(0);
  });
});
