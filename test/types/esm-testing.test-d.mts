/** The module socket.io/testing in an ES module. */
import { Server } from "socket.io";
import { createTestServer, waitFor } from "socket.io/testing";

export async function program(): Promise<void> {
  const io = new Server<{ hello: (name: string) => void }>();
  const { connect, socketOf, close } = createTestServer(io);
  const client = await connect();
  const [name] = await waitFor(socketOf(client), "hello");
  name.toUpperCase();
  await close();
}
