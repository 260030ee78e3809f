/** A real Chromium, and a network between the browser and the server that can fail. */
import { existsSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { nextEvent } from "./waiting";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const advice =
  "No Chromium is found. The browser tests need the Debian package chromium: apt install chromium";

const findChromium = () => places.find((place) => existsSync(place));

/** Starts Chromium. Without Chromium, the tests are skipped, or fail with REQUIRE_SERVICES=1. */
export async function startBrowser(context: Mocha.Context): Promise<Browser> {
  if (findChromium() === undefined && process.env.REQUIRE_SERVICES !== "1") {
    console.log(advice);
    return context.skip();
  }
  return launchChromium();
}

/** Starts Chromium, and throws an error if it is not installed. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error(advice);
  }
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface Network {
  /** The address of the server behind the network. */
  url: string;
  /** Destroys all connections, and refuses new ones. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** A relay in front of a server. Cutting it has the effect of an unplugged cable. */
export async function startNetwork(target: string): Promise<Network> {
  const { port } = new URL(target);
  const sockets = new Set<Socket>();
  let whole = true;
  const relay = createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), "localhost");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => one.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  const cut = () => {
    whole = false;
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  relay.listen(0);
  await nextEvent(relay, "listening");
  return {
    url: `http://localhost:${(relay.address() as { port: number }).port}`,
    cut,
    mend() {
      whole = true;
    },
    async close() {
      cut();
      const closed = nextEvent(relay, "close");
      relay.close();
      await closed;
    },
  };
}
