/** The types of servers, namespaces and sockets with a contract, for functions that take them. */
import type { Namespace } from "../server/namespace";
import type { Server } from "../server/server";
import type { Socket } from "../socket/socket";
import type { Untyped } from "../typed-events";
import type { ContractOf, ServerEmitEvents, ServerListenEvents, ServerSideEventsOf } from "./types";

type DefinitionOf<Given> = Given extends { readonly definition: infer Definition } ? Definition : never;

type Given = ContractOf<unknown, unknown, unknown>;

/**
 * The type of a server with a contract. `Data` is the type of `socket.data`.
 *
 * @since 4.9.0
 * @example
 * const io: ServerOf<typeof chat, { user: string }> = new Server(httpServer, { contract: chat });
 */
export type ServerOf<Contract extends Given, Data = Untyped> = Server<
  ServerListenEvents<DefinitionOf<Contract>>,
  ServerEmitEvents<DefinitionOf<Contract>>,
  ServerSideEventsOf<DefinitionOf<Contract>>,
  Data
>;

/**
 * The type of a namespace with a contract. `Data` is the type of `socket.data`.
 *
 * @since 4.9.0
 */
export type NamespaceOf<Contract extends Given, Data = Untyped> = Namespace<
  ServerListenEvents<DefinitionOf<Contract>>,
  ServerEmitEvents<DefinitionOf<Contract>>,
  ServerSideEventsOf<DefinitionOf<Contract>>,
  Data
>;

/**
 * The type of a socket in a namespace with a contract. `Data` is the type of `socket.data`.
 *
 * @since 4.9.0
 * @example
 * export function onConnection(socket: SocketOf<typeof chat>): void {
 *   socket.handle("message", async ({ room, text }) => ({ id: await save(room, text) }));
 * }
 */
export type SocketOf<Contract extends Given, Data = Untyped> = Socket<
  ServerListenEvents<DefinitionOf<Contract>>,
  ServerEmitEvents<DefinitionOf<Contract>>,
  ServerSideEventsOf<DefinitionOf<Contract>>,
  Data
>;
