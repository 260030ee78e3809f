/** The methods for sockets, on three servers that share an adapter. */
import expect from "expect.js";
import { eventually, nextEvent } from "../../support/waiting";
import type { Member, Stage } from "./stage";

/** The rooms of a socket on its server, except its own. */
function roomsOf({ run }: Stage, server: number, { id }: Member): Promise<string[]> {
  return run(
    server,
    (nsp, sid) => [...(nsp.sockets.get(sid)?.rooms ?? [])].filter((room) => room !== sid).sort(),
    id,
  );
}

/** Resolves when the sockets of all servers are in these rooms. */
async function inRooms(stage: Stage, members: Member[], expected: string[][]): Promise<void> {
  for (const [server, member] of members.entries()) {
    await eventually(
      async () => String(await roomsOf(stage, server, member)) === String(expected[server]!.sort()),
    );
  }
}

export function socketVerbs(open: () => Promise<Stage>): void {
  it("fetchSockets returns the sockets of all servers, with id, rooms, data and handshake", async () => {
    const { joinEach, run } = await open();
    const members = await joinEach(
      { rooms: ["x"], name: "Ada" },
      { rooms: ["x", "y"], name: "Bob", query: { color: "blue" } },
      { rooms: ["y"], name: "Carol" },
    );
    const fetch = (server: number, rooms: string[], except: string[]) =>
      run(
        server,
        async (nsp, to, not) => {
          const sockets = await nsp.in(to).except(not).fetchSockets();
          return sockets.map(({ id, rooms: all, data, handshake }) => ({
            id,
            rooms: [...all].filter((room) => room !== id),
            name: data.name,
            own: all.has(id),
            auth: handshake.auth.name,
            color: handshake.query.color,
            address: handshake.address,
          }));
        },
        rooms,
        except,
      );
    const named = async (...args: Parameters<typeof fetch>) =>
      (await fetch(...args)).map(({ name }) => name).sort();
    for (const server of [0, 1, 2]) {
      expect(await named(server, [], [])).to.eql(["Ada", "Bob", "Carol"]);
      expect(await named(server, ["x"], [])).to.eql(["Ada", "Bob"]);
      expect(await named(server, ["x", "y"], ["y"])).to.eql(["Ada"]);
    }
    const [bob] = await fetch(0, [members[1]!.id], []);
    expect(bob!.address).to.match(/127\.0\.0\.1$/);
    expect({ ...bob, address: "" }).to.eql({
      id: members[1]!.id,
      rooms: ["x", "y"],
      name: "Bob",
      own: true,
      auth: "Bob",
      color: "blue",
      address: "",
    });
  });

  it("fetchSockets with the local flag returns the sockets of its server", async () => {
    const { joinEach, run } = await open();
    const members = await joinEach();
    const ids = await run(1, async (nsp) => (await nsp.local.fetchSockets()).map(({ id }) => id));
    expect(ids).to.eql([members[1]!.id]);
  });

  it("a socket of another server receives events and answers", async () => {
    const { joinEach, run, settled } = await open();
    const members = await joinEach();
    const far = members[2]!;
    far.socket.on("question", (asked, reply) => reply(`${asked} Because.`));
    const answer = await run(
      0,
      async (nsp, id) => {
        const [remote] = await nsp.in(id).fetchSockets();
        remote!.emit("hello", 1);
        return remote!.timeout(5000).emitWithAck("question", "Why?");
      },
      far.id,
    );
    // a broadcast to a single socket
    expect([answer].flat()).to.eql(["Why? Because."]);
    await settled(0, ...members);
    // an adapter may send an event with an acknowledgement in another way than other events
    expect(members.map(({ seen }) => seen.map(([name]) => name).sort())).to.eql([
      [],
      [],
      ["hello", "question"],
    ]);
  });

  it("a socket of another server joins and leaves rooms, and is disconnected", async () => {
    const stage = await open();
    const members = await stage.joinEach();
    const far = members[2]!;
    const act = (verb: "join" | "leave" | "disconnect", argument: any) =>
      stage.run(
        0,
        async (nsp, id, name, given) => {
          const [remote] = await nsp.in(id).fetchSockets();
          (remote as any)[name](given);
        },
        far.id,
        verb,
        argument,
      );
    await act("join", ["x", "y"]);
    await inRooms(stage, members, [[], [], ["x", "y"]]);
    await act("leave", "x");
    await inRooms(stage, members, [[], [], ["y"]]);
    const gone = nextEvent(far.socket, "disconnect");
    await act("disconnect", false);
    expect((await gone)[0]).to.be("io server disconnect");
    expect(members.map(({ socket }) => socket.connected)).to.eql([true, true, false]);
  });

  it("socketsJoin and socketsLeave apply to the sockets of all servers", async () => {
    const stage = await open();
    const members = await stage.joinEach({ rooms: ["a"] }, { rooms: ["a"] }, { rooms: ["b"] });
    await stage.run(0, (nsp) => void nsp.in("a").socketsJoin(["c", "d"]));
    await inRooms(stage, members, [["a", "c", "d"], ["a", "c", "d"], ["b"]]);
    await stage.run(1, (nsp) => void nsp.except("b").socketsLeave("a"));
    await inRooms(stage, members, [["c", "d"], ["c", "d"], ["b"]]);
    await stage.run(2, (nsp) => void nsp.socketsJoin("all"));
    await inRooms(stage, members, [
      ["all", "c", "d"],
      ["all", "c", "d"],
      ["all", "b"],
    ]);
    await stage.run(2, (nsp) => void nsp.to("all").emit("to all"));
    await stage.settled(2, ...members);
    expect(members.map(({ seen }) => seen)).to.eql([[["to all"]], [["to all"]], [["to all"]]]);
  });

  it("socketsJoin and socketsLeave with the local flag apply to the sockets of their server", async () => {
    const stage = await open();
    const members = await stage.joinEach();
    await stage.run(1, (nsp) => void nsp.local.socketsJoin("near"));
    await stage.run(1, (nsp) => void nsp.socketsJoin("all"));
    await inRooms(stage, members, [["all"], ["all", "near"], ["all"]]);
    await stage.run(0, (nsp) => void nsp.local.socketsLeave("all"));
    await inRooms(stage, members, [[], ["all", "near"], ["all"]]);
  });

  it("disconnectSockets disconnects the sockets of a room on all servers, and closes their connections on request", async () => {
    const { join, run, settled } = await open();
    const members: Member[] = [];
    for (const server of [0, 1, 2]) {
      members.push(await join(server, { rooms: ["x"] }), await join(server, { rooms: ["y"] }));
      members.push(await join(server));
    }
    const gone = (start: number) =>
      [start, start + 3, start + 6].map((index) => nextEvent(members[index]!.socket, "disconnect"));
    const first = gone(0);
    await run(0, (nsp) => void nsp.in("x").disconnectSockets());
    expect(await Promise.all(first).then((all) => all.map(([reason]) => reason))).to.eql(
      Array(3).fill("io server disconnect"),
    );
    const second = gone(1);
    const closed = [1, 4, 7].map((index) => nextEvent(members[index]!.socket.io, "close"));
    await run(0, (nsp) => void nsp.in("y").disconnectSockets(true));
    await Promise.all([...second, ...closed]);
    const rest = members.filter((_, index) => index % 3 === 2);
    await settled(0, ...rest);
    expect(members.map(({ socket }) => socket.connected)).to.eql(members.map((_, index) => index % 3 === 2));
  });
}
