import expect from "expect.js";
import { SessionAwareAdapter } from "../../../lib";
import { type Account, type Settings, simulateAbsences } from "../../model/absences";
import { Random } from "../../support/random";

/** `SEED=7 HOURS=100 npx mocha test/unit/adapter/session-aware-absences.ts` */
const first = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const hours = Number(process.env.HOURS ?? 2);

function simulate(seed: number, changes: Partial<Settings>): Promise<Account> {
  return simulateAbsences(SessionAwareAdapter, new Random(seed), { hours, ...changes });
}

describe("clients that idle, lose their connections and reconnect, for hours", function () {
  this.timeout(240_000 * Math.max(1, hours));

  const worlds: Record<string, Partial<Settings>> = {
    "with the defaults": {},
    "of a server that stalls for minutes": { longestStall: 200_000 },
    "with seconds of maxDisconnectionDuration only": { maxDisconnectionDuration: 10_000 },
  };
  for (const [name, changes] of Object.entries(worlds)) {
    it(`${name}, are all recovered, without a gap, and receive each event once`, async () => {
      for (const seed of [first, first + 1]) {
        const { gaps, duplicates, received, returns } = await simulate(seed, changes);
        const { idle, busy } = returns;
        expect({ seed, gaps, duplicates }).to.eql({ seed, gaps: 0, duplicates: 0 });
        expect({ seed, lost: idle.lost + busy.lost }).to.eql({ seed, lost: 0 });
        expect({ seed, refused: idle.refused }).to.eql({ seed, refused: 0 });
        expect(received).to.be.above(10_000);
        expect(idle.recovered).to.be.above(50);
      }
    });
  }

  const scarce: Record<string, Partial<Settings>> = {
    "of a server that keeps few events": { maxPackets: 40 },
    "of a server that keeps few events, and stalls": { maxPackets: 40, longestStall: 200_000 },
    "of a server that keeps few events, half of them to single clients": {
      maxPackets: 60,
      singleEvents: 1_000,
    },
    "of a server that keeps few events, most of them to single clients": {
      maxPackets: 60,
      singleEvents: 300,
    },
    "with ten minutes of maxDisconnectionDuration, which disconnect again before they have received an event":
      {
        maxDisconnectionDuration: 600_000,
      },
  };
  for (const [name, changes] of Object.entries(scarce)) {
    it(`${name}, are recovered without a gap, or not recovered`, async () => {
      for (const seed of [first, first + 1]) {
        const { gaps, duplicates, mostKept, returns } = await simulate(seed, changes);
        expect({ seed, gaps, duplicates }).to.eql({ seed, gaps: 0, duplicates: 0 });
        expect(mostKept <= (changes.maxPackets ?? mostKept)).to.be(true);
        expect(returns.busy.recovered).to.be.above(50);
      }
    });
  }
});
