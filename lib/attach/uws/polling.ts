/** Long-polling over µWebSockets.js, where a request with too many packets is not taken. */
import type { EngineRequest } from "../../engine/contract";
import { StockUwsPolling } from "../../engine/engine-contract";
import { failWith, packetsOf, takePacket } from "../../engine/guarded-polling";

export class UwsPolling extends StockUwsPolling {
  constructor(
    req: EngineRequest,
    private readonly mostPackets: number,
  ) {
    super(req);
  }

  override onData(body: string): void {
    const packets = packetsOf(this, body, this.mostPackets);
    if (!packets) {
      failWith(this, "PACKETS_PER_PAYLOAD", this.mostPackets);
      return;
    }
    for (const packet of packets) {
      if (this.readyState === "closed") {
        return;
      }
      takePacket(this, packet);
    }
  }
}
