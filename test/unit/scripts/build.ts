/** The build must create a complete package, also if it runs twice at the same time, and keep the old one if it fails. */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDirectory } from "../../support/published";
import { root, runNode } from "../../support/repository";

import expect = require("expect.js");

import { onTestEnd } from "../../support/cleanup";

/** A small package with the build script and the settings of this one. */
function smallPackage({ withTools = true } = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "build-"));
  onTestEnd(() => removeDirectory(directory));
  const scripts = ["build", "join", "exports-of-modules", "scan-source"].map((name) => `scripts/${name}.mjs`);
  for (const file of ["package.json", "tsconfig.json", ...scripts]) {
    mkdirSync(join(directory, file, ".."), { recursive: true });
    copyFileSync(join(root, file), join(directory, file));
  }
  if (withTools) {
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"), "junction");
  }
  mkdirSync(join(directory, "lib/wing"), { recursive: true });
  writeFileSync(join(directory, "lib/index.ts"), 'export { room } from "./wing/room";\n');
  writeFileSync(join(directory, "lib/wing/room.ts"), "export const room = 1;\n");
  writeFileSync(join(directory, "lib/wrapper.mts"), 'export { room } from "./index.js";\n');
  return directory;
}

/** Writes these files, by their paths in the package. */
function write(directory: string, files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(directory, file, ".."), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
}

const build = (directory: string) => runNode([join(directory, "scripts/build.mjs")], directory);

const list = (directory: string) => readdirSync(directory, { recursive: true }).map(String).sort();

const library = [
  "index.d.ts",
  "index.js",
  "wing",
  join("wing", "room.d.ts"),
  join("wing", "room.js"),
  "wrapper.d.mts",
  "wrapper.mjs",
];

const bundles = [
  "socket.io.esm.min.js",
  "socket.io.js",
  "socket.io.min.js",
  "socket.io.msgpack.min.js",
].flatMap((file) => [file, `${file}.map`]);

describe("the build", () => {
  it("compiles the library and copies the eight browser bundles, also when it runs several times at once [11]", async () => {
    const directory = smallPackage();
    mkdirSync(join(directory, "dist"));
    writeFileSync(join(directory, "dist/left-over.js"), "");
    const before = readdirSync(directory);
    const runs = await Promise.all([build(directory), build(directory)]);
    expect(runs.map(({ code, stderr }) => [code, stderr])).to.eql([
      [0, ""],
      [0, ""],
    ]);
    expect(list(join(directory, "dist"))).to.eql(library);
    expect(list(join(directory, "client-dist"))).to.eql(bundles.sort());
    const added = readdirSync(directory).filter((name) => !before.includes(name));
    expect(added).to.eql(["client-dist"]);
  });

  it("keeps the existing files when the library does not compile, and prints the reason", async () => {
    const directory = smallPackage();
    await build(directory);
    writeFileSync(join(directory, "lib/index.ts"), 'export const room: number = "one";\n');
    const { code, stdout, stderr } = await build(directory);
    expect(code).to.be(1);
    expect(stderr).to.contain("lib/index.ts(1,14): error TS2322");
    expect(stderr).to.contain("build: lib/ does not compile");
    expect(stdout).to.be("");
    expect(readFileSync(join(directory, "dist/index.js"), "utf8")).to.contain("./wing/room");
    expect(readdirSync(directory).filter((name) => name.startsWith(".build"))).to.eql([]);
  });

  it("joins modules into the files of the server, in which each class exists once and keeps its name", async () => {
    const directory = smallPackage();
    write(directory, {
      "lib/index.ts": 'export { Server } from "./server/server";\nexport { Room } from "./wing/room";\n',
      "lib/server/server.ts": `import { Room } from "../wing/room";
        export class Server {
          readonly room = new Room();
          readonly later = () => require("./first-use") as typeof import("./first-use");
        }\n`,
      "lib/server/first-use.ts": `import { Room } from "../wing/room";
        export const isRoom = (value: unknown) => value instanceof Room;\n`,
      "lib/wing/room.ts": "export class Room { static made = 0; constructor() { Room.made++; } }\n",
      "lib/wrapper.mts": 'export { Room, Server } from "./index.js";\n',
    });
    const { code, stderr } = await build(directory);
    expect([code, stderr]).to.eql([0, ""]);
    const files = list(join(directory, "dist"));
    expect(files).to.contain(join("server", "first-use.js"));
    expect(files).to.contain(join("wing", "room.d.ts"));
    expect(files).not.to.contain(join("wing", "room.js"));
    const { Room, Server } = require(join(directory, "dist/index.js"));
    const server = new Server();
    expect([Room.name, Server.name, Room.made]).to.eql(["Room", "Server", 1]);
    expect(server.room.constructor).to.be(Room);
    expect(server.later().isRoom(server.room)).to.be(true);
  });

  it("fails if two classes that are joined have the same name, since one of them would lose it", async () => {
    const directory = smallPackage();
    write(directory, {
      "lib/server/server.ts": `import { Room } from "../wing/room";
        import { Room as Other } from "../wing/other";
        export const rooms = [Room, Other];\n`,
      "lib/wing/room.ts": "export class Room {}\n",
      "lib/wing/other.ts": "export class Room {}\n",
      "lib/index.ts": 'export { rooms } from "./server/server";\n',
      "lib/wrapper.mts": 'export { rooms } from "./index.js";\n',
    });
    const { code, stderr } = await build(directory);
    expect(code).to.be(1);
    expect(stderr).to.contain("two classes or functions have the name of Room2, without its last digit");
  });

  it("joins modules whose texts and members look like imports and classes", async () => {
    const directory = smallPackage();
    write(directory, {
      "lib/index.ts": `export { Server } from "./server/server";
        // require("./wing/room") in a comment
        export const advice = 'write require("./wing/room")';
        export const later = () => require('./wing/later') as typeof import("./wing/later");\n`,
      "lib/server/server.ts": `import { $room, Room } from "../wing/room";
        export class Server { readonly names = [Room.text, $room]; }\n`,
      "lib/server/first-use.ts": `import { $room } from "../wing/room";
        export const room = $room;\n`,
      "lib/wing/room.ts": `export const $room = 1;
        export class Room {
          static parts = ["a _Room,"];
          static text = [...Room.parts, Room.name].join(" ");
        }\n`,
      "lib/wing/later.ts": `export { Room } from "./room";\n`,
      "lib/wrapper.mts": 'export { Server } from "./index.js";\n',
    });
    const { code, stderr } = await build(directory);
    expect([code, stderr]).to.eql([0, ""]);
    const index = require(join(directory, "dist/index.js"));
    expect(index.advice).to.be('write require("./wing/room")');
    expect(new index.Server().names).to.eql(["a _Room, Room", 1]);
    expect(index.later().Room.name).to.be("Room");
    expect(require(join(directory, "dist/server/first-use.js")).room).to.be(1);
  });

  const joined = {
    "lib/index.ts": 'export * from "./server/server";\n',
    "lib/server/server.ts": 'import { room } from "../wing/room";\nexport const rooms = () => [room];\n',
    "lib/server/first-use.ts": 'import { room } from "../wing/room";\nexport const first = () => room;\n',
    "lib/wrapper.mts": 'export * from "./index.js";\n',
  };
  for (const [what, room, problem] of [
    [
      "a module loads another one whose name is computed",
      'export const room = (name: string) => require("./" + name);',
      "wing/room.js: require() without the name of a module as a string",
    ],
    [
      "a module looks for the file of another one",
      'export const room = () => require.resolve("./other");',
      "wing/room.js: require() without the name of a module as a string",
    ],
    [
      "a module changes a variable that it exports",
      "export let room = 0;\nexport const change = () => { room += 1; };",
      "wing/room.js: changes its export room, whose first value other files would keep",
    ],
    [
      "a member has the name that esbuild gives a class",
      "export class room { static is = (value: object) => value instanceof room; static at = { _room: 1 }; }",
      "server/server: a member has the name _room, which esbuild has given a class",
    ],
    [
      "a module in a deeper folder needs the place of its file",
      'import { here } from "./deep/here";\nexport const room = here;',
      "wing/deep/here.js: uses __dirname, which is another folder in the joined file",
    ],
    [
      "a joined file would export more",
      'export const room = 1;\nReflect.set(module.exports, "door", 2);',
      "index.js: exports rooms, but after joining: door, rooms",
    ],
    [
      "a class has the name of a global one that another module uses",
      'import { host } from "./host";\nexport const room = host;\nexport class URL {}',
      "wing/room.js: exports URL (class URL), room, but after joining: URL (class URL2), room",
    ],
  ] as const) {
    it(`fails if ${what}, and keeps the existing files`, async () => {
      const directory = smallPackage();
      write(directory, {
        ...joined,
        "lib/wing/room.ts": `${room}\n`,
        "lib/wing/other.ts": "export const other = 1;\n",
        "lib/wing/host.ts": 'export const host = new URL("http://localhost").host;\n',
        "lib/wing/deep/here.ts": "export const here = __dirname;\n",
      });
      const { code, stderr } = await build(directory);
      expect(stderr).to.contain(`build: ${problem}`);
      expect(code).to.be(1);
      expect(existsSync(join(directory, "dist"))).to.be(false);
    });
  }

  it("requires its tools only if no build exists", async () => {
    const directory = smallPackage({ withTools: false });
    const first = await build(directory);
    expect(first.code).to.be(1);
    expect(first.stderr).to.contain("run `npm ci` without `--omit=dev`");
    for (const file of ["dist/index.js", "client-dist/socket.io.js"]) {
      mkdirSync(join(directory, file, ".."));
      writeFileSync(join(directory, file), "");
    }
    const second = await build(directory);
    expect(second.code).to.be(0);
    expect(second.stderr).to.contain("not built again");
    expect(existsSync(join(directory, "dist/wrapper.mjs"))).to.be(false);
  });
});
