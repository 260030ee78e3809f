/** Many clients in a separate process, which reports to its parent each time that all of them have received an answer. */
import { io as connect } from "socket.io-client";

const [port, count, transports] = process.argv.slice(2);
let served = 0;

for (let i = 0; i < Number(count); i++) {
  const client = connect(`http://localhost:${port}`, {
    forceNew: true,
    transports: transports.split(","),
    // all of them together
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
