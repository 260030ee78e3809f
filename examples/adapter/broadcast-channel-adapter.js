const { BroadcastChannel } = require("node:worker_threads");
const { ClusterAdapterWithHeartbeat } = require("socket.io-adapter");

/**
 * Connects the Socket.IO servers of all threads of one process.
 *
 * ClusterAdapterWithHeartbeat creates and handles the messages between the servers (broadcasts, acknowledgements,
 * fetchSockets(), serverSideEmit() ...). The adapter itself only transmits them.
 */
class BroadcastChannelAdapter extends ClusterAdapterWithHeartbeat {
  constructor(nsp, options) {
    super(nsp, options);
    // one channel for each namespace; a channel does not receive its own messages
    this.channel = new BroadcastChannel(`socket.io#${nsp.name}`);
    this.channel.onmessage = ({ data: { to, message, response } }) => {
      if (message) {
        this.onMessage(message);
      } else if (to === this.uid) {
        this.onResponse(response);
      }
    };
  }

  // to all other servers
  async doPublish(message) {
    this.channel.postMessage({ message });
  }

  // to the server that sent the request
  async doPublishResponse(to, response) {
    this.channel.postMessage({ to, response });
  }

  close() {
    super.close(); // notifies the other servers
    this.channel.close();
  }
}

/** Creates the value of the `adapter` option. No arrow function: the reference server calls it with `new`. */
exports.createAdapter = (options = {}) => {
  return function adapterOf(nsp) {
    return new BroadcastChannelAdapter(nsp, options);
  };
};
