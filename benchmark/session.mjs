/** Measures rows: starts servers, connects clients, and measures all servers in each round. */
import { Child } from "./child.mjs";
import { Nodes } from "./nodes.mjs";
import { orderOfRound, pairedRatios, summary } from "./statistics.mjs";
import { takesPart } from "./subjects.mjs";

/**
 * @typedef {import("./rows.mjs").Row} Row
 * @typedef {import("./subjects.mjs").Subject} Subject
 *
 * @typedef {object} Line one line of the table
 * @property {string} row
 * @property {string} id
 * @property {string} what
 * @property {string} unit
 * @property {string} load
 * @property {import("./rows.mjs").Goal} [goal]
 * @property {boolean} [control] measures the benchmark itself
 * @property {Record<string, number[]>} values by subject, in the order of the rounds
 * @property {Record<string, import("./statistics.mjs").Summary>} ratios how many times better than the reference
 * @property {Record<string, { offered?: number, rate?: number, clientCpu?: number }>} notes medians, by subject
 *
 * @typedef {{ text: string, peer: boolean }} Problem a part that was skipped; for a peer, this is not a failure
 *
 * @typedef {object} Plan
 * @property {number} rounds
 * @property {number} discard slices that are thrown away first
 * @property {number} seconds of a slice
 */

/**
 * @param {Row[]} rows
 * @param {Subject[]} subjects the reference first
 * @param {Plan} plan
 * @param {(text: string) => void} say
 * @returns {Promise<{ lines: Line[], problems: Problem[] }>}
 */
export async function measureRows(rows, subjects, plan, say) {
  const session = { lines: [], problems: [] };
  for (const group of groups(rows)) {
    const stage = new Stage(group, subjects, plan, say);
    try {
      await stage.open();
      for (const row of group) {
        session.lines.push(...(await stage.measure(row)));
      }
    } catch (error) {
      stage.problem(`${group.map(({ id }) => id).join(", ")}: ${firstLine(error)}`);
    } finally {
      await stage.close();
    }
    session.problems.push(...stage.problems);
  }
  const last = (line) => Number(line.control === true);
  session.lines.sort((a, b) => last(a) - last(b));
  return session;
}

/** Consecutive rows that share servers and clients. */
export function groups(rows) {
  /** @type {Row[][]} */
  const found = [];
  for (const row of rows) {
    const last = found.at(-1);
    if (last && row.clients && last[0].clients === row.clients) {
      last.push(row);
    } else {
      found.push([row]);
    }
  }
  return found;
}

/** The servers, and their clients, for some rows. */
class Stage {
  /** @type {Problem[]} */
  problems = [];
  #rows;
  /** @type {Map<string, Child>} the load generators, by subject if each has its own */
  #loads = new Map();
  /** @type {Map<string, { server: Child | Nodes, port: number | number[] }>} by subject */
  #running = new Map();
  /** @type {Map<string, Child>} by subject */
  #micros = new Map();
  /** @type {Subject[]} */
  #subjects;

  constructor(rows, subjects, plan, say) {
    this.#rows = rows;
    this.clients = rows[0].clients;
    this.plan = plan;
    this.say = say;
    this.#subjects = subjects.filter((subject) => rows.some((row) => takesPart(subject, row)));
  }

  problem(text, peer = false) {
    this.problems.push({ text, peer });
    this.say(`! ${text}`);
  }

  async open() {
    if (!this.clients) {
      return;
    }
    for (const subject of [...this.#subjects]) {
      try {
        await this.#start(subject);
      } catch (error) {
        this.#without(subject, error);
      }
    }
  }

  async #start(subject) {
    const { count, apart: _, nodes, ...config } = this.clients;
    const server = nodes ? new Nodes(subject, nodes) : startServer(subject);
    this.#running.set(subject.name, { server, port: 0 });
    const { port } = await server.ask("start", config);
    this.#running.set(subject.name, { server, port });
    if (count > 0) {
      const { name, dialect } = subject;
      this.say(`  ${subject.title}: connecting ${count} clients`);
      await this.#loadFor(subject).ask("connect", { name, port, dialect, clients: count, ...config });
    }
    if (nodes) {
      await server.ask("subscribed");
    }
  }

  /** Continues without one of the servers; the reference server is required. */
  #without(subject, error) {
    if (subject.name === "reference") {
      throw error;
    }
    const where = this.#rows.map(({ id }) => id).join(", ");
    this.problem(`${where}: ${subject.title} is left out: ${firstLine(error)}`, subject.peer);
    this.#subjects = this.#subjects.filter((other) => other !== subject);
  }

  /** @param {Row} row @returns {Promise<Line[]>} */
  async measure(row) {
    const rounds = Math.min(this.plan.rounds, row.mostRounds ?? Number.POSITIVE_INFINITY);
    const discard = row.mostRounds ? 0 : this.plan.discard;
    this.say(`${row.id}: ${row.what} (${row.load})`);
    /** @type {Map<string, Record<string, number>[]>} */
    const measured = new Map();
    for (let round = -discard; round < rounds; round++) {
      const taking = this.#subjects.filter((subject) => takesPart(subject, row));
      for (const subject of orderOfRound(taking, Math.abs(round))) {
        try {
          const values = await row.measure(this.#context(subject));
          this.say(`  ${round < 0 ? "discarded" : `round ${round + 1}`} ${subject.title}: ${shown(values)}`);
          if (round >= 0) {
            measured.set(subject.name, [...(measured.get(subject.name) ?? []), values]);
          }
        } catch (error) {
          measured.delete(subject.name);
          this.#without(subject, error);
        }
      }
    }
    return row.metrics.map((metric) => lineOf(row, metric, measured));
  }

  #context(subject) {
    return {
      ...this.#running.get(subject.name),
      subject,
      load: this.#loadFor(subject),
      clients: this.clients,
      seconds: this.plan.seconds,
      startServer,
      startMicro: (...args) => this.#startMicro(...args),
    };
  }

  #loadFor({ name }) {
    const key = this.clients?.apart ? name : "";
    const load = this.#loads.get(key) ?? new Child("load generator", "./load/main.mjs");
    this.#loads.set(key, load);
    return load;
  }

  /** The process that measures within itself; it remains for all rounds. */
  #startMicro(subject, kind, plan) {
    let micro = this.#micros.get(subject.name);
    if (!micro) {
      micro = new Child(subject.title, "./micro/main.mjs", [kind, subject.packageName, JSON.stringify(plan)]);
      this.#micros.set(subject.name, micro);
    }
    return micro;
  }

  async close() {
    const servers = [...this.#running.values()].map(({ server }) => server);
    const children = [...this.#loads.values(), ...servers, ...this.#micros.values()];
    await Promise.all(children.map((child) => child.stop()));
  }
}

const firstLine = ({ message }) => message.split("\n", 1)[0];

function startServer({ title, file, packageName }) {
  return new Child(title, "./servers/main.mjs", [`./${file}`, packageName]);
}

function shown(values) {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
    .join(", ");
}

/** @returns {Line} */
function lineOf(row, metric, measured) {
  const { key, id, what, unit, goal, control } = metric;
  const values = {};
  const notes = {};
  for (const [name, slices] of measured) {
    values[name] = slices.map((slice) => slice[key]);
    notes[name] = {};
    for (const note of ["offered", "rate", "clientCpu"]) {
      if (slices[0][note] !== undefined) {
        notes[name][note] = summary(slices.map((slice) => slice[note])).median;
      }
    }
  }
  const { reference = [] } = values;
  const ratios = {};
  for (const [name, others] of Object.entries(values)) {
    if (name !== "reference" && reference.length > 0) {
      ratios[name] = summary(pairedRatios(reference, others));
    }
  }
  return { row: row.id, id, what, unit, load: row.load, goal, control, values, ratios, notes };
}
