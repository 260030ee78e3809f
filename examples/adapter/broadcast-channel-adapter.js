const { BroadcastChannel } = require("node:worker_threads");
const { ClusterAdapterWithHeartbeat } = require("socket.io-adapter");

/**
 * Connects the Socket.IO servers of all threads of one process.
 *
 * ClusterAdapterWithHeartbeat knows what to say to the other servers and what to do with what they say (broadcasts,
 * acknowledgements, fetchSockets(), serverSideEmit() ...). What is left to an adapter is to carry the messages.
 */
class BroadcastChannelAdapter extends ClusterAdapterWithHeartbeat {
  constructor(nsp, options) {
    super(nsp, options);
    // one channel for each namespace; a channel does not hear itself
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

  // to the one server that has asked
  async doPublishResponse(to, response) {
    this.channel.postMessage({ to, response });
  }

  close() {
    super.close(); // says goodbye to the others
    this.channel.close();
  }
}

/** Makes what the `adapter` option takes. It is called with `new`, so that it cannot be an arrow function. */
exports.createAdapter = (options = {}) => {
  return function adapterOf(nsp) {
    return new BroadcastChannelAdapter(nsp, options);
  };
};
