// pm2 start ecosystem.config.js
// One process for each port, behind a proxy that keeps a client on one port, such as nginx with nginx.conf.
const ports = [3001, 3002];

module.exports = {
  apps: ports.map((port) => ({
    name: `server-${port}`,
    script: "redis-streams.mjs",
    env: { PORT: port },
  })),
};
