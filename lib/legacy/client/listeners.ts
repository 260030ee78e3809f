/** The event methods of the client of Socket.IO 0.x. */
import type { Listener as EventListener } from "../../typed-events";

/** An object with the event methods of Socket.IO 0.x. All methods return the object. */
export class Listeners {
  private readonly byEvent = new Map<string, readonly EventListener[]>();

  /** Adds a listener of an event. In the listener, `this` is the object. */
  addEvent(event: string, listener: EventListener): this {
    this.byEvent.set(event, [...this.listenersOf(event), listener]);
    return this;
  }

  /** The name of {@link addEvent} since 0.5. */
  on(event: string, listener: EventListener): this {
    return this.addEvent(event, listener);
  }

  /** Removes a listener. If it was added several times, all of them are removed. */
  removeEvent(event: string, listener: EventListener): this {
    this.byEvent.set(
      event,
      this.listenersOf(event).filter((other) => other !== listener),
    );
    return this;
  }

  /** Calls the listeners of an event with the arguments in an array. */
  fireEvent(event: string, args: readonly unknown[] = []): this {
    for (const listener of this.listenersOf(event)) {
      listener.apply(this, [...args]);
    }
    return this;
  }

  private listenersOf(event: string): readonly EventListener[] {
    return this.byEvent.get(event) ?? [];
  }
}
