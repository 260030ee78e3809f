import expect from "expect.js";
import { ALL_SOCKETS, Receivers } from "../../../lib/adapter/receivers";

/** Sockets with these ids, and a room with all of them. */
function roomOf(ids: string[]) {
  const sockets = new Map(ids.map((id) => [id, { id } as never]));
  return { sockets, members: new Set(ids), receivers: new Receivers({ sockets }, true) };
}

const ten = Array.from({ length: 10 }, (_, index) => `s${index}`);

describe("the receivers of a room", () => {
  for (const [size, ids] of [
    ["large", ten],
    ["small", ten.slice(0, 3)],
  ] as const) {
    describe(`that is ${size}`, () => {
      const visited = ({ receivers, members }: ReturnType<typeof roomOf>) => {
        const seen: string[] = [];
        receivers.visit("room", members, ({ id }) => seen.push(id));
        return seen;
      };

      it("are its members, in the order of joining", () => {
        const room = roomOf([...ids]);
        expect(visited(room)).to.eql(ids);
        expect(visited(room)).to.eql(ids);
      });

      it("have the current number of members", () => {
        const room = roomOf([...ids]);
        visited(room);
        room.sockets.set("late", { id: "late" } as never);
        room.members.add("late");
        room.receivers.joined("room", "late");
        expect(visited(room)).to.eql([...ids, "late"]);
        room.members.delete(ids[1]);
        room.receivers.left("room");
        expect(visited(room)).to.eql([...ids.filter((id) => id !== ids[1]), "late"]);
      });

      it("exclude sockets that are in the room, but not connected yet", () => {
        const room = roomOf([...ids]);
        visited(room);
        room.members.add("waiting");
        room.receivers.joined("room", "waiting");
        expect(visited(room)).to.eql(ids);
        room.sockets.set("waiting", { id: "waiting" } as never);
        expect(visited(room)).to.eql([...ids, "waiting"]);
      });

      it("are passed on once each, except those that leave before their turn", () => {
        const room = roomOf([...ids]);
        visited(room);
        const seen: string[] = [];
        room.receivers.visit("room", room.members, ({ id }) => {
          seen.push(id);
          room.members.delete(ids[2]);
          room.receivers.left("room");
          room.members.add("new");
          room.sockets.set("new", { id: "new" } as never);
          room.receivers.joined("room", "new");
        });
        expect(seen).to.eql(ids.filter((id) => id !== ids[2]));
      });
    });
  }

  it("are looked up again each time if changes are not reported", () => {
    const sockets = new Map([...ten, "eleventh"].map((id) => [id, { id } as never]));
    const members = new Set(ten);
    const receivers = new Receivers({ sockets }, false);
    const visited = () => {
      const seen: string[] = [];
      receivers.visit("room", members, ({ id }) => seen.push(id));
      return seen;
    };
    expect(visited()).to.eql(ten);
    members.delete(ten[0]);
    members.add("eleventh");
    expect(visited()).to.eql([...ten.slice(1), "eleventh"]);
  });

  it("are separate from the list of all sockets", () => {
    const { sockets, members, receivers } = roomOf(ten);
    const seen: string[] = [];
    receivers.visit("room", new Set(ten.slice(5)), ({ id }) => seen.push(id));
    receivers.visit(ALL_SOCKETS, members, ({ id }) => seen.push(id));
    expect(seen).to.eql([...ten.slice(5), ...ten]);
    expect(sockets.size).to.be(10);
  });
});
