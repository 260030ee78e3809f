/** The chat of docs/guides/chat.md: each step is started, and does what the page promises. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { enter, filesOf, type Person, pathOf, runStep, signIn, stepsFrom } from "../support/chat-steps";
import type { RunningExample } from "../support/examples";
import { root, runNode } from "../support/repository";
import { connectClient } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";

const read = (file: string) => readFileSync(join(root, file), "utf8");

/** Writes a message, and resolves when all of these people see it. */
async function allSee(author: Person, text: string, people: Person[]): Promise<void> {
  await author.say(text);
  await eventually(() => people.every(({ lines }) => lines.some((line) => line.endsWith(text))));
}

describe("the chat in ten steps", () => {
  it("is quoted as a whole in docs/guides/chat.md: each new file, and each change", () => {
    const sections = read("docs/guides/chat.md")
      .split(/^## (?=\d+\. )/m)
      .slice(1);
    expect(sections.length).to.be(10);
    const quoted = sections.map((section, index) => {
      expect(section).to.match(new RegExp(`^${index + 1}\\. `));
      return [...section.matchAll(/^<!-- (?:example|changes): (\S+) -->$/gm)].map(([, source]) => source);
    });
    const wanted = stepsFrom(1).map((step) =>
      filesOf(step).flatMap((file) => {
        const source = pathOf(step, file);
        // step 2 replaces the program with which step 1 checks the installation
        if (step < 3 || !filesOf(step - 1).includes(file)) {
          return [source];
        }
        const isSame = read(source) === read(pathOf(step - 1, file));
        return isSame ? [] : [`${source}#${String(step - 1).padStart(2, "0")}`];
      }),
    );
    expect(quoted.map((sources) => sources.sort())).to.eql(wanted.map((sources) => sources.sort()));
  });

  it("keeps the files of one step in the next one", () => {
    for (const step of stepsFrom(2)) {
      const missing = filesOf(step - 1).filter((file) => !filesOf(step).includes(file));
      expect({ step, missing }).to.eql({ step, missing: [] });
    }
  });

  it("prints the version of the installed package in step 1", async () => {
    const { version } = JSON.parse(read("package.json"));
    const { code, output } = await runNode([pathOf(1, "server.js")]);
    expect({ code, output }).to.eql({ code: 0, output: `socket.io ${version} is installed\n` });
    expect(read("docs/guides/chat.md")).to.contain(`\n${output}`);
  });

  it("prints in step 3 who connects and disconnects", async () => {
    const { url, output } = await runStep(3);
    const client = connectClient(url);
    await nextEvent(client, "connect");
    const { id } = client;
    await eventually(() => output().includes(`${id} has connected\n`));
    client.disconnect();
    await eventually(() => output().includes(`${id} has disconnected: client namespace disconnect\n`));
  });

  for (const step of stepsFrom(2)) {
    const does = step < 4 ? "" : ", and sends a message to all windows";
    it(`serves the page of step ${step}${does}`, async () => {
      const { url } = await runStep(step);
      const headers = { cookie: step < 9 ? "" : ((await signIn(url, "ada")) as string) };
      const page = await fetch(url, { headers });
      expect(page.headers.get("content-type")).to.match(/^text\/html/);
      expect(await page.text()).to.be(read(pathOf(step, "index.html")));
      const client = await fetch(`${url}/socket.io/socket.io.js`);
      expect(client.status).to.be(step < 3 ? 404 : 200);
      if (step >= 4) {
        const [ada, bob] = [await enter(step, url, "ada"), await enter(step, url, "bob")];
        await allSee(ada, "hello", [ada, bob]);
        expect(ada.lines.at(-1)).to.be(step < 5 ? "hello" : "ada: hello");
      }
    });
  }

  for (const step of [4, 7, 10]) {
    it(`ignores what is no text in step ${step}`, async () => {
      const { url } = await runStep(step);
      const ada = await enter(step, url, "ada");
      // without retries: unlike the page, this client does not wait for answers
      const { client } = await enter(step, url, "bob", { client: { retries: undefined } });
      const wrong = [undefined, null, 1, "", "  ", {}, ["text"], "x".repeat(1001)];
      client.emit("message");
      for (const value of wrong) {
        client.emit("message", value);
        client.emit("message", "id", value);
        client.emit("message", value, "text", () => {});
        client.emit("join", value);
      }
      client.emit("message", "end", "end");
      const texts = () => ada.lines.filter((line) => !/Welcome|bob has/.test(line));
      await eventually(() => texts().some((line) => line.endsWith("end")));
      // in step 4, the first argument is the text
      expect(texts()).to.eql(step === 4 ? [...wrong.map(() => "id"), "end"] : ["bob: end"]);
    });
  }

  for (const step of [5, 10]) {
    it(`announces and lists the people in step ${step}`, async () => {
      const { url } = await runStep(step);
      const ada = await enter(step, url, "ada");
      expect(ada.people).to.eql(["ada"]);
      const bob = await enter(step, url, "bob");
      await eventually(() => ada.lines.includes("bob has joined") && ada.people.length === 2);
      expect([...bob.people].sort()).to.eql(["ada", "bob"]);
      bob.client.disconnect();
      await eventually(() => ada.lines.includes("bob has left") && ada.people.length === 1);
    });
  }

  for (const step of [6, 10]) {
    it(`sends to the people in the same room only in step ${step}`, async () => {
      const { url } = await runStep(step);
      const ada = await enter(step, url, "ada");
      const bob = await enter(step, url, "bob");
      const carol = await enter(step, url, "carol", { room: "no such room" });
      await eventually(() => ada.people.length === 3);
      await bob.choose("tea");
      await eventually(() => ada.lines.includes("bob has left") && ada.people.length === 2);
      await eventually(() => bob.people.join() === "bob");
      await bob.say("for tea");
      await allSee(ada, "for the lobby", [ada, carol]);
      await ada.choose("tea");
      await allSee(ada, "for tea again", [ada, bob]);
      expect(bob.lines).not.to.contain("ada: for the lobby");
      expect(carol.lines).not.to.contain("bob: for tea");
    });

    it(`puts a person into the same room after a reconnection in step ${step}`, async () => {
      const { url } = await runStep(step);
      const [ada, bob] = [await enter(step, url, "ada", { room: "tea" }), await enter(step, url, "bob")];
      await bob.choose("tea");
      await eventually(() => ada.people.length === 2);
      const back = nextEvent(bob.client, "connect");
      bob.client.io.engine.close();
      await back;
      await allSee(ada, "welcome back", [bob]);
    });
  }

  for (const step of [7, 10]) {
    it(`delivers a message that arrives twice only once in step ${step}`, async () => {
      const { url } = await runStep(step);
      const [ada, bob] = [await enter(step, url, "ada"), await enter(step, url, "bob")];
      const answers = [await ada.say("once", "id-1"), await ada.say("once", "id-1")];
      expect(answers[0]).to.eql({ id: "id-1", room: "lobby", name: "ada", text: "once" });
      expect(answers[1]).to.eql(answers[0]);
      await allSee(ada, "later", [bob]);
      expect(bob.lines.filter((line) => line === "ada: once").length).to.be(1);
    });

    it(`sends messages that were written while the server was stopped in step ${step}`, async () => {
      const env = { SESSION_SECRET: "of the test" };
      const running = await runStep(step, { env });
      const ada = await enter(step, running.url, "ada");
      const lost = nextEvent(ada.client, "disconnect");
      const port = new URL(running.url).port;
      running.signal("SIGTERM");
      await running.ended;
      await lost;
      const answers = [ada.say("first"), ada.say("second")];
      await runStep(step, { env: { ...env, PORT: port } });
      const texts = (await Promise.all(answers)).map((message: any) => message.text);
      expect(texts).to.eql(["first", "second"]);
      expect(ada.lines.slice(-2)).to.eql(["ada: first", "ada: second"]);
    });
  }

  for (const step of [8, 10]) {
    it(`shows the history of the room to a person who enters in step ${step}`, async () => {
      const { url } = await runStep(step);
      const ada = await enter(step, url, "ada");
      for (let number = 1; number <= 51; number++) {
        await ada.say(`message ${number}`);
      }
      const bob = await enter(step, url, "bob");
      await eventually(() => bob.lines.includes("ada: message 51"));
      expect(bob.lines.slice(0, 50)).to.eql(
        Array.from({ length: 50 }, (_, index) => `ada: message ${index + 2}`),
      );
      await bob.choose("tea");
      expect(bob.lines.filter((line) => line.startsWith("ada:"))).to.eql([]);
    });
  }

  for (const step of [8, 9]) {
    it(`delivers what a person has missed during a short interruption in step ${step}`, async () => {
      const { url } = await runStep(step);
      const [ada, bob] = [await enter(step, url, "ada"), await enter(step, url, "bob")];
      await eventually(() => ada.lines.includes("bob has joined"));
      bob.client.io.reconnection(false);
      bob.client.io.engine.close();
      await eventually(() => ada.lines.includes("bob has left"));
      await ada.say("missed");
      bob.client.io.reconnection(true);
      bob.client.connect();
      await nextEvent(bob.client, "connect");
      expect(bob.client.recovered).to.be(true);
      await eventually(() => bob.lines.includes("ada: missed"));
      await eventually(() => ada.lines.includes("bob is back") && ada.people.length === 2);
      await allSee(ada, "again", [bob]);
      expect(bob.lines.filter((line) => line.startsWith("ada:"))).to.eql(["ada: missed", "ada: again"]);
    });
  }

  for (const step of [9, 10]) {
    it(`shows the sign-in to a person without a session in step ${step}`, async () => {
      const { url } = await runStep(step);
      const signInPage = read(pathOf(step, "sign-in.html"));
      expect(await (await fetch(url)).text()).to.be(signInPage);
      expect(await signIn(url, "ada", "wrong")).to.be(undefined);
      expect(await signIn(url, "nobody", "engine")).to.be(undefined);
      // names and passwords that are no texts, or missing
      for (const body of ["", "name=ada", "name=nobody", "name[]=nobody", "name=ada&password[]=engine"]) {
        const response = await fetch(`${url}/sign-in`, {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body,
        });
        expect({ body, status: response.status }).to.eql({ body, status: 401 });
      }
    });

    it(`refuses a client without a valid session in step ${step}`, async () => {
      const { url } = await runStep(step);
      const cookie = (await signIn(url, "ada")) as string;
      const [name, end, signature] = cookie.slice("session=".length).split(".") as [string, string, string];
      const forged = [
        "",
        `bob.${end}.${signature}`,
        `${name}.${Number(end) + 1}.${signature}`,
        `${name}.${end}.${"A".repeat(signature.length)}`,
        `${name}.${end}.${signature.slice(1)}`,
        `${name}.${end}`,
      ];
      for (const session of forged) {
        const client = connectClient(url, {
          extraHeaders: { cookie: `session=${session}` },
          transports: ["websocket"],
        });
        const error = await nextValue(client, "connect_error");
        expect({ session, message: error.message }).to.eql({ session, message: "not signed in" });
        expect(client.active).to.be(false);
      }
      const ada = await enter(step, url, "ada", { cookie: `theme=dark; ${cookie}; more=1` });
      expect(ada.people).to.eql(["ada"]);
    });

    it(`signs out all windows of a person in step ${step}`, async () => {
      const { url } = await runStep(step);
      const cookie = (await signIn(url, "ada")) as string;
      const windows = [await enter(step, url, "ada", { cookie }), await enter(step, url, "ada", { cookie })];
      const bob = await enter(step, url, "bob");
      const reasons = Promise.all(windows.map(({ client }) => nextValue(client, "disconnect")));
      const response = await fetch(`${url}/sign-out`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie },
      });
      expect(response.headers.get("set-cookie")).to.match(/^session=; .*Expires=Thu, 01 Jan 1970/);
      expect(await reasons).to.eql(["io server disconnect", "io server disconnect"]);
      await eventually(() => bob.people.join() === "bob");
    });
  }

  /** The processes to which a person has connected, in their order, as the program of step 10 prints them. */
  const processesOf = (name: string, output: string) =>
    [...output.matchAll(new RegExp(`^process (\\d+): ${name} has connected$`, "gm"))].map(([, id]) =>
      Number(id),
    );

  /** Opens windows of a person until one of them is connected to another process than those in the list. */
  async function enterElsewhere(running: RunningExample, name: string, avoided: number[]) {
    const cookie = (await signIn(running.url, name)) as string;
    for (let windows = 1; ; windows++) {
      const person = await enter(10, running.url, name, { cookie });
      await eventually(() => processesOf(name, running.output()).length === windows);
      const id = processesOf(name, running.output()).at(-1) as number;
      if (!avoided.includes(id)) {
        return { person, id };
      }
    }
  }

  it("continues in step 10 when a process dies: people come back, with the history", async () => {
    const running = await runStep(10);
    const { person: ada, id: victim } = await enterElsewhere(running, "ada", []);
    const { person: bob, id: survivor } = await enterElsewhere(running, "bob", [victim]);
    await allSee(ada, "to the other process", [bob]);
    await allSee(bob, "and back", [ada]);

    process.kill(victim, "SIGKILL");
    await nextEvent(ada.client, "disconnect");
    const people = nextValue(ada.client, "people");
    await nextEvent(ada.client, "room");
    const said = (person: Person) => person.lines.filter((line) => line.includes(": "));
    expect(said(ada)).to.eql(["ada: to the other process", "bob: and back"]);
    expect([...new Set(await people)].sort()).to.eql(["ada", "bob"]);
    await allSee(ada, "after that", [bob]);

    await eventually(() =>
      running.output().includes(`process ${victim} has ended, and another one replaces it\n`),
    );
    await eventually(() => running.output().match(/^listening on/gm)?.length === 3);
    const { person: carol } = await enterElsewhere(running, "carol", [victim, survivor]);
    expect(said(carol)).to.eql(["ada: to the other process", "bob: and back", "ada: after that"]);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`closes all connections of step 10 at ${signal}, and ends`, async () => {
      const running = await runStep(10);
      const people = [await enter(10, running.url, "ada"), await enter(10, running.url, "bob")];
      const closed = Promise.all(people.map(({ client }) => nextEvent(client, "disconnect")));
      running.signal(signal);
      await closed;
      expect(await running.ended).to.be(0);
      const counts = [...running.output().matchAll(/^process \d+ has closed (\d) connections$/gm)];
      expect(counts.length).to.be(2);
      expect(Number(counts[0]?.[1]) + Number(counts[1]?.[1])).to.be(2);
    });
  }

  it("does not start the processes of step 10 again and again when the port is in use", async () => {
    const { url } = await runStep(2);
    const error: Error = await runStep(10, { env: { PORT: new URL(url).port } }).then(
      () => expect().fail("it has started"),
      (reason) => reason,
    );
    expect(error.message).to.contain("EADDRINUSE");
    expect(error.message).not.to.contain("replaces it");
  });
});
