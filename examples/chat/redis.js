/** Joins the processes of the chat over Redis streams, which also keep what absent clients miss. */
const { fail } = require("./settings");

exports.connectRedis = async (url) => {
  // only needed here: the chat of a single process does without
  const { createClient } = require("redis");
  const { createAdapter } = require("@socket.io/redis-streams-adapter");
  const client = createClient({ url });
  let isConnected = false;
  client.on("error", (error) => {
    if (!isConnected) {
      fail(`Redis cannot be reached at ${url}: ${error.message || error.code}`);
    }
    // the client connects again by itself
    console.error(`Redis: ${error.message || error.code}`);
  });
  await client.connect();
  isConnected = true;
  return { adapter: createAdapter(client), close: () => client.destroy() };
};
