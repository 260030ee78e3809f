/** The events of the typed servers in these tests. */
import type { Server, Socket } from "socket.io";

export interface ClientEvents {
  hello: (name: string, times: number) => void;
  ask: (question: string, answer: (text: string, sure: boolean) => void) => void;
}

export interface ServerEvents {
  message: (text: string) => void;
  nothing: () => void;
  news: (title: string, pages: number[]) => void;
  ping: (sent: number, pong: (received: number) => void) => void;
  save: (done: () => void) => void;
  check: (name: string, result: (error: Error, valid: boolean) => void) => void;
}

export interface ClusterEvents {
  moved: (from: string, to: string) => void;
  count: (sockets: (total: number) => void) => void;
  load: (part: string, load: (error: Error, percent: number) => void) => void;
}

export interface User {
  name: string;
  visits: number;
}

export type ChatServer = Server<ClientEvents, ServerEvents, ClusterEvents, User>;
export type ChatSocket = Socket<ClientEvents, ServerEvents, ClusterEvents, User>;
