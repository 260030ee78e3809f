/** Connects the processes of the chat with Redis Streams, which also keep the missed events of disconnected clients. */
const { fail } = require("./settings");

exports.connectRedis = async (url) => {
  // required here only: the chat of a single process does not need it
  const { createClient } = require("redis");
  const { createAdapter } = require("@socket.io/redis-streams-adapter");
  const client = createClient({ url });
  let isConnected = false;
  client.on("error", (error) => {
    if (!isConnected) {
      fail(`Redis cannot be reached at ${url}: ${error.message || error.code}`);
    }
    // the client reconnects by itself
    console.error(`Redis: ${error.message || error.code}`);
  });
  await client.connect();
  isConnected = true;
  return { adapter: createAdapter(client), close: () => client.destroy() };
};
