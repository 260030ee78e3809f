import expect from "expect.js";
import { Campaign } from "../fuzz/campaign";
import { Random } from "../fuzz/random";
import { makeCase, targets } from "../fuzz/targets";
import { subjectName } from "../support/subject";

/** The same inputs each time, so that a change is judged by what it does; long runs look for new ones. */
const seed = Number(process.env.FUZZ_SEED ?? 20);

/** How many inputs are tried. */
const INPUTS = 240;

(subjectName === "reference" ? describe.skip : describe)("whatever clients send", () => {
  let campaign: Campaign;

  before(async () => {
    campaign = await Campaign.start(subjectName);
  });
  after(() => campaign.stop());

  it(`is answered as by the reference server, or differs as documented (FUZZ_SEED=${seed})`, async function () {
    this.timeout(60_000);
    const { findings, tried } = await campaign.run({ seed, inputs: INPUTS, minimising: 40 });
    expect([...tried.keys()]).to.eql(targets);
    expect([...findings.values()]).to.eql([]);
  });

  it("is the same again for the same seed", () => {
    for (const target of targets) {
      expect(makeCase(target, new Random(seed))).to.eql(makeCase(target, new Random(seed)));
    }
  });
});
