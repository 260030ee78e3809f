import expect from "expect.js";
import { collectAcks } from "../../../lib/acks/collector";

type Ask = Parameters<typeof collectAcks>[0]["ask"];

function collect(
  ask: Ask,
  { servers = Promise.resolve(1), timeout = 60_000, single = false } = {},
): Promise<[error: Error | null, answers: unknown]> {
  return new Promise((resolve) => {
    collectAcks(
      { ask, serverCount: () => servers, giveUp: () => {} },
      { timeout, single },
      (error, answers) => resolve([error, answers]),
    );
  });
}

describe("the acknowledgements of a broadcast", () => {
  it("are passed on when all receivers of all servers have answered [57]", async () => {
    const result = await collect(
      (onClientCount, onAnswer) => {
        onClientCount(1);
        onAnswer("here");
        setImmediate(() => {
          onClientCount(2);
          onAnswer("there");
          onAnswer("and there");
        });
      },
      { servers: Promise.resolve(2) },
    );
    expect(result).to.eql([null, ["here", "there", "and there"]]);
  });

  it("are an empty list without receivers [57]", async () => {
    expect(await collect((onClientCount) => onClientCount(0))).to.eql([null, []]);
  });

  it("are passed on at the timeout as far as they have arrived [57]", async () => {
    const [error, answers] = await collect(
      (onClientCount, onAnswer) => {
        onClientCount(2);
        onAnswer("only one");
      },
      { timeout: 1 },
    );
    expect(error?.message).to.be("operation has timed out");
    expect(answers).to.eql(["only one"]);
  });

  it("of a single socket are its first value, or null without an answer [57, 67]", async () => {
    const answered = await collect(
      (onClientCount, onAnswer) => {
        onClientCount(1);
        onAnswer("first");
      },
      { single: true },
    );
    expect(answered).to.eql([null, "first"]);
    const [, nothing] = await collect((onClientCount) => onClientCount(1), { single: true, timeout: 1 });
    expect(nothing).to.be(null);
  });

  it("wait for the timeout if the number of servers is unknown", async () => {
    const [error, answers] = await collect(
      (onClientCount, onAnswer) => {
        onClientCount(1);
        onAnswer(1);
      },
      { servers: Promise.reject(new Error("no connection")), timeout: 1 },
    );
    expect(error?.message).to.be("operation has timed out");
    expect(answers).to.eql([1]);
  });
});
