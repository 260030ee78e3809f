import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { Campaign } from "../fuzz/campaign";
import { defects, documented, inOneChunk } from "../fuzz/differences";
import { reconciled } from "../fuzz/reconciled";
import { makeCase, targets } from "../fuzz/targets";
import { ownSuite } from "../support/own-tests";
import { Random } from "../support/random";
import { subjectName } from "../support/subject";

/** The same inputs in each run, so that the result depends on the code only; long runs use other inputs. */
const seed = Number(process.env.FUZZ_SEED ?? 20);

/** The guards that a client can trigger with socket.io-parser and with low limits. */
const GUARDS = [
  "ADDRESS_LIMIT",
  "ATTACHMENT_TIMEOUT",
  "BODY_TIMEOUT",
  "BYTE_RATE",
  "CONNECTION_LIMIT",
  "EVENT_RATE",
  "HANDLER_ERROR",
  "HANDSHAKE_RATE",
  "IDLE_HANDSHAKE",
  "NAMESPACE_LIMIT",
  "ORIGIN_FORBIDDEN",
  "PACKETS_PER_PAYLOAD",
  "PAYLOAD_TOO_DEEP",
  "PAYLOAD_TOO_LARGE",
  "RECOVERY_OVERFLOW",
  "ROOM_LIMIT",
  "SESSION_REUSED",
  "SLOW_CONSUMER",
  "SOCKET_DISCONNECTED",
  "TOO_MANY_ARGUMENTS",
];

/** The number of inputs. */
const INPUTS = 240;

ownSuite("any input of clients", () => {
  let campaign: Campaign;

  before(async () => {
    campaign = await Campaign.start(subjectName);
  });
  after(() => campaign.stop());

  it(`has the same effect as on the reference server, or a documented difference (FUZZ_SEED=${seed})`, async () => {
    const { findings, tried } = await campaign.run({ seed, inputs: INPUTS, minimising: 40 });
    expect([...tried.keys()]).to.eql(targets);
    expect([...findings.values()]).to.eql([]);
  });

  it("may differ only as documented", () => {
    for (const { where, what } of [...documented, ...reconciled, ...defects, inOneChunk]) {
      const [page, words] = where;
      expect([what, readFileSync(join(__dirname, "../../docs", page), "utf8").includes(words)]).to.eql([
        what,
        true,
      ]);
    }
  });

  it("is stopped by a guard if there is one, while an honest client is served", async () => {
    const { findings, told } = await campaign.run({
      seed: 5,
      target: "guarded",
      inputs: 160,
      minimising: 40,
    });
    expect([...findings.values()]).to.eql([]);
    expect([...told.keys()].sort()).to.eql(GUARDS);
  });

  it("is the same for the same seed", () => {
    for (const target of targets) {
      expect(makeCase(target, new Random(seed))).to.eql(makeCase(target, new Random(seed)));
    }
  });
});
