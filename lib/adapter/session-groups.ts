/** Groups sessions by the network of their clients, and finds the oldest session of the largest group. */
import type { PrivateSessionId } from "./contract";

/** Items in the order in which they were added. The time to find the first does not depend on removed items. */
class Queue<Key, Item> {
  private readonly items = new Map<Key, Item>();
  private unvisited = this.items.keys();
  private head: Key | undefined;

  get size(): number {
    return this.items.size;
  }

  get first(): Item | undefined {
    this.head ??= this.unvisited.next().value;
    if (this.head === undefined && this.items.size > 0) {
      this.unvisited = this.items.keys();
      this.head = this.unvisited.next().value;
    }
    return this.head === undefined ? undefined : this.items.get(this.head);
  }

  add(key: Key, item: Item): void {
    this.items.set(key, item);
  }

  delete(key: Key): void {
    this.items.delete(key);
    if (key === this.head) {
      this.head = undefined;
    }
  }
}

type Sessions = Queue<PrivateSessionId, PrivateSessionId>;

/** The sessions of one network: the only one, or all of them. Most networks have a single one, which needs no queue. */
interface Group {
  sessions: PrivateSessionId | Sessions;
  /** The key of the group among those of its size. Each is used once: a map is slow if a key is often added and removed. */
  key: number;
}

/** The groups of one store. Sessions of unknown networks are one group. */
export class SessionGroups {
  private readonly groups = new Map<string | undefined, Group>();
  /** The groups by their number of sessions; in each, those that reached the number first come first. */
  private readonly bySize = new Map<number, Queue<number, Group>>();
  private largestSize = 0;
  private nextKey = 0;

  /** The oldest session of the network that has the most sessions; of the first such network, if there are several. */
  get oldestOfLargest(): PrivateSessionId | undefined {
    const sessions = this.bySize.get(this.largestSize)?.first?.sessions;
    return typeof sessions === "object" ? sessions.first : sessions;
  }

  add(pid: PrivateSessionId, network: string | undefined): void {
    const group = this.groups.get(network);
    if (!group) {
      const added: Group = { sessions: pid, key: 0 };
      this.groups.set(network, added);
      this.place(added);
      return;
    }
    this.take(group);
    if (typeof group.sessions === "string") {
      const queue: Sessions = new Queue();
      queue.add(group.sessions, group.sessions);
      group.sessions = queue;
    }
    group.sessions.add(pid, pid);
    this.place(group);
  }

  remove(pid: PrivateSessionId, network: string | undefined): void {
    const group = this.groups.get(network);
    if (!group) {
      return;
    }
    this.take(group);
    if (typeof group.sessions === "object") {
      group.sessions.delete(pid);
      if (group.sessions.size > 0) {
        this.place(group);
        return;
      }
    }
    this.groups.delete(network);
  }

  private place(group: Group): void {
    const size = sizeOf(group);
    let groups = this.bySize.get(size);
    if (!groups) {
      groups = new Queue();
      this.bySize.set(size, groups);
    }
    group.key = this.nextKey++;
    groups.add(group.key, group);
    this.largestSize = Math.max(this.largestSize, size);
  }

  /** Removes a group from its place, before its number of sessions changes by one. */
  private take(group: Group): void {
    const size = sizeOf(group);
    const groups = this.bySize.get(size);
    groups?.delete(group.key);
    if (groups?.size === 0) {
      this.bySize.delete(size);
      if (size === this.largestSize) {
        // if the group loses a session, it has this size
        this.largestSize--;
      }
    }
  }
}

function sizeOf({ sessions }: Group): number {
  return typeof sessions === "object" ? sessions.size : 1;
}
