/** Durations that the server and the clients of a soak run share, in milliseconds. */

/** The option `maxDisconnectionDuration`. */
export const MAX_DISCONNECTION = 1_500;
