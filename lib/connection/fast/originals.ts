/** Detects whether the application or a tool has replaced methods of an object, or of its classes. */
import { EventEmitter } from "node:events";

type Methods = Record<string, unknown>;

/** The methods of a class and of the classes that it extends, except those of EventEmitter. */
export class Originals {
  /** Whether a method of a class was replaced before this list was made. */
  private readonly isPatched: boolean;
  private readonly methods: { readonly owner: Methods; readonly name: string; readonly method: unknown }[] =
    [];
  private readonly names: readonly string[];

  constructor(prototype: object) {
    for (let owner = prototype; owner !== EventEmitter.prototype; owner = Object.getPrototypeOf(owner)) {
      for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
        if (typeof method === "function" && name !== "constructor") {
          this.methods.push({ owner: owner as Methods, name, method });
        }
      }
    }
    this.isPatched = this.methods.some(({ name, method }) => !isWrittenAsMethod(name, method));
    this.names = [...new Set([...this.methods.map(({ name }) => name), "emit"])];
  }

  /** Whether an instance of the class has these methods still. */
  areIntact(instance: object): boolean {
    return (
      !this.isPatched &&
      (instance as Methods).emit === EventEmitter.prototype.emit &&
      this.methods.every(({ owner, name, method }) => owner[name] === method) &&
      !this.names.some((name) => Object.hasOwn(instance, name))
    );
  }
}

/** Whether the text of a function begins like that of a method in a class; functions that tools assign do not. */
function isWrittenAsMethod(name: string, method: unknown): boolean {
  return new RegExp(`^(?:async )?${name.replaceAll("$", "\\$")}\\(`).test(String(method));
}
