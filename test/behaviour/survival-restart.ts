import expect from "expect.js";
import { survive } from "../support/survival-scripts";

describe("200 clients whose server is stopped and started", () => {
  for (const transports of ["websocket", "polling,websocket"]) {
    it(`reconnect, over ${transports}, and are served [90]`, async () => {
      const { comeback } = await survive("restart", "--clients", "200", "--transports", transports);
      expect(comeback.connected).not.to.be.below(200);
      expect(comeback.served).to.be(200);
    });
  }
});
