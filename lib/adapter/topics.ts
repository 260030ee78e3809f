/** Publishes a broadcast to all sockets of a room by one call, if their connections can subscribe to topics. */
import { randomBytes } from "node:crypto";
import { channels } from "../diagnostics/channels";
import { observed } from "../diagnostics/observe";
import type { AdapterSocket, Publisher, Room, SocketId, Subscriber, Subscribers } from "./contract";
import { ALL_SOCKETS } from "./receivers";

/** A socket over a connection that can subscribe to topics. */
interface Member {
  readonly subscriber: Subscriber;
  /** Called when the connection is ready; subscribes it to the rooms of the socket. */
  readonly ready: () => void;
  /** The number of messages that were published before the connection became ready; `undefined` until then. */
  since?: number;
}

interface Topic {
  readonly name: string;
  /** The number of members that each publisher reaches. */
  readonly publishers: Map<Publisher, number>;
}

/** A random prefix: the application, or another copy of this module, may use topics of the same app. */
const NAMES = `socket.io:${randomBytes(6).toString("base64url")}:`;
let named = 0;

/**
 * The topics of one adapter, one for each room; the adapter calls `joined()` and `left()`.
 *
 * The room of a socket's id has no topic, since it rarely has other members.
 */
export class RoomTopics {
  private readonly members = new Map<SocketId, Member>();
  private readonly topics = new Map<Room | typeof ALL_SOCKETS, Topic>();
  private published = 0;

  constructor(
    private readonly subscribers: Subscribers,
    private readonly sids: ReadonlyMap<SocketId, ReadonlySet<Room>>,
  ) {}

  /** Called when a socket is connected to the namespace. It may already be in rooms. */
  connected({ id, client }: AdapterSocket): void {
    if (this.members.has(id)) {
      return;
    }
    const subscriber = this.subscribers.of(client);
    if (!subscriber) {
      return;
    }
    const ready = () => {
      member.since = this.published;
      this.subscribe(ALL_SOCKETS, subscriber);
      for (const room of this.sids.get(id) ?? []) {
        this.joined(room, id);
      }
    };
    const member: Member = { subscriber, ready };
    this.members.set(id, member);
    subscriber.whenReady(ready);
  }

  /** Called when a socket has joined a room. */
  joined(room: Room, id: SocketId): void {
    const member = this.members.get(id);
    if (member?.since !== undefined && room !== id) {
      this.subscribe(room, member.subscriber);
    }
  }

  /** Called when a socket has left a room. */
  left(room: Room, id: SocketId): void {
    const member = this.members.get(id);
    if (member?.since !== undefined && room !== id) {
      this.unsubscribe(room, member.subscriber);
    }
  }

  /** Called when a socket has left the namespace. */
  disconnected(id: SocketId): void {
    const member = this.members.get(id);
    if (!member) {
      return;
    }
    this.members.delete(id);
    member.subscriber.cancelReady(member.ready);
    if (member.since !== undefined) {
      this.unsubscribe(ALL_SOCKETS, member.subscriber);
    }
  }

  private subscribe(room: Room | typeof ALL_SOCKETS, subscriber: Subscriber): void {
    let topic = this.topics.get(room);
    if (!topic) {
      topic = { name: `${NAMES}${++named}`, publishers: new Map() };
      this.topics.set(room, topic);
    }
    topic.publishers.set(subscriber.publisher, (topic.publishers.get(subscriber.publisher) ?? 0) + 1);
    subscriber.subscribe(topic.name);
  }

  private unsubscribe(room: Room | typeof ALL_SOCKETS, subscriber: Subscriber): void {
    const topic = this.topics.get(room);
    if (!topic) {
      return;
    }
    subscriber.unsubscribe(topic.name);
    const reached = (topic.publishers.get(subscriber.publisher) ?? 0) - 1;
    if (reached > 0) {
      topic.publishers.set(subscriber.publisher, reached);
    } else {
      topic.publishers.delete(subscriber.publisher);
    }
    if (topic.publishers.size === 0) {
      this.topics.delete(room);
    }
  }

  /**
   * Publishes a text message to a room. Returns a function that returns whether it was published to a socket; `undefined`
   * if the room has no topic.
   */
  publish(
    room: Room | typeof ALL_SOCKETS,
    text: string,
    compress: boolean | undefined,
  ): ((id: SocketId) => boolean) | undefined {
    const topic = this.topics.get(room);
    if (!topic) {
      return undefined;
    }
    if (channels.packet.isActive) {
      const receivers = [...topic.publishers.values()].reduce((sum, count) => sum + count, 0);
      observed().reportPublished(text, receivers);
    }
    const number = ++this.published;
    for (const publisher of topic.publishers.keys()) {
      publisher.publish(topic.name, text, compress);
    }
    return (id) => {
      const since = this.members.get(id)?.since;
      // not published to sockets that became ready later
      return since !== undefined && since < number && id !== room;
    };
  }
}
