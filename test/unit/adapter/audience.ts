import expect from "expect.js";
import { audience, type RoomIndex, type Selection } from "../../../lib/adapter/audience";

interface Index {
  rooms: Map<string, Set<string>>;
  sids: Map<string, Set<string>>;
}

function indexOf(rooms: Record<string, string[]>): Index {
  const index: Index = { rooms: new Map(), sids: new Map() };
  for (const [room, ids] of Object.entries(rooms)) {
    index.rooms.set(room, new Set(ids));
    for (const id of ids) {
      index.sids.set(id, (index.sids.get(id) ?? new Set()).add(room));
    }
  }
  return index;
}

function visited(selection: Selection, index: RoomIndex): string[] {
  const ids: string[] = [];
  audience(selection, index, (id) => ids.push(id));
  return ids;
}

describe("the audience", () => {
  const index = indexOf({ all: ["a", "b", "c", "d"], even: ["b", "d"], odd: ["a", "c"], late: ["d"] });

  it("is all sockets without a room", () => {
    expect(visited({ rooms: new Set() }, index)).to.eql(["a", "b", "c", "d"]);
    expect(visited({}, index)).to.eql(["a", "b", "c", "d"]);
  });

  it("is the union of the rooms, each socket once [64]", () => {
    expect(visited({ rooms: new Set(["even"]) }, index)).to.eql(["b", "d"]);
    expect(visited({ rooms: new Set(["even", "late", "all"]) }, index)).to.eql(["b", "d", "a", "c"]);
  });

  it("excludes the members of excluded rooms [64]", () => {
    expect(visited({ except: new Set(["even"]) }, index)).to.eql(["a", "c"]);
    expect(visited({ rooms: new Set(["all"]), except: new Set(["late", "odd"]) }, index)).to.eql(["b"]);
    expect(visited({ rooms: new Set(["all", "even"]), except: new Set(["odd"]) }, index)).to.eql(["b", "d"]);
  });

  it("treats unknown rooms as empty", () => {
    expect(visited({ rooms: new Set(["nowhere"]) }, index)).to.eql([]);
    expect(visited({ rooms: new Set(["late"]), except: new Set(["nowhere"]) }, index)).to.eql(["d"]);
  });

  it("skips a socket that disconnects before its turn", () => {
    const changing = indexOf({ room: ["a", "b", "c"] });
    const ids: string[] = [];
    audience({ rooms: new Set(["room"]) }, changing, (id) => {
      ids.push(id);
      changing.rooms.get("room")?.delete("b");
    });
    expect(ids).to.eql(["a", "c"]);
  });

  it("terminates though sockets leave and join meanwhile", () => {
    const changing = indexOf({ room: ["a", "b"] });
    const ids: string[] = [];
    audience({ rooms: new Set(["room"]) }, changing, (id) => {
      ids.push(id);
      changing.rooms.get("room")?.delete(id);
      changing.rooms.get("room")?.add(id);
    });
    expect(ids).to.eql(["a", "b"]);
  });
});
