// node client.mjs [url]
import { io } from "socket.io-client";

const socket = io(process.argv[2] ?? "http://localhost:3000");

console.log(await socket.emitWithAck("hello", "Ada")); // Hello, Ada!
socket.disconnect();
