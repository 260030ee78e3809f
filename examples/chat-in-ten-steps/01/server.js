const { version } = require("socket.io/package.json");

console.log(`socket.io ${version} is installed`);
