/** Many clients in a process of their own, which tells its parent each time that all of them were answered. */
import { io as connect } from "socket.io-client";

const [port, count, transports] = process.argv.slice(2);
let served = 0;

for (let i = 0; i < Number(count); i++) {
  const client = connect(`http://localhost:${port}`, {
    forceNew: true,
    transports: transports.split(","),
    // all of them at once
    reconnectionDelay: 100,
    reconnectionDelayMax: 100,
  });
  client.on("connect", async () => {
    await client.emitWithAck("are you there?");
    served++;
    if (served === Number(count)) {
      process.send?.(served);
      served = 0;
    }
  });
}
