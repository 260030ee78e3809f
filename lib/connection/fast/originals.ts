/** Detects whether the application or a tool has replaced methods of an object, or of its classes. */
import { EventEmitter } from "node:events";

type Methods = Record<string, unknown>;

/** The methods of a class and of the classes that it extends, except those of EventEmitter. */
export class Originals {
  /** Whether a method of a class was replaced before this list was made. */
  private readonly isPatched: boolean;
  private readonly own: Methods = {};
  /** The methods that `super` calls may reach. */
  private readonly inherited: { readonly owner: Methods; readonly name: string; readonly method: unknown }[] =
    [];

  /** With `only`, all other methods may be replaced. */
  constructor(prototype: object, only?: readonly string[]) {
    const owners: Methods[] = [];
    for (let owner = prototype; owner !== EventEmitter.prototype; owner = Object.getPrototypeOf(owner)) {
      owners.push(owner as Methods);
    }
    const names = new Set(owners.flatMap(methodsOf).filter((name) => !only || only.includes(name)));
    for (const name of names) {
      this.own[name] = owners[0][name];
      const lowest = owners.findLastIndex((owner) => Object.hasOwn(owner, name));
      for (const owner of owners.slice(1, lowest + 1)) {
        this.inherited.push({ owner, name, method: owner[name] });
      }
    }
    this.isPatched = owners.some((owner) =>
      methodsOf(owner).some((name) => names.has(name) && !isWrittenAsMethod(name, owner[name])),
    );
    this.own.emit = EventEmitter.prototype.emit;
  }

  /** Whether an instance of the class has these methods still. */
  areIntact(instance: object): boolean {
    if (this.isPatched) {
      return false;
    }
    for (const name in this.own) {
      if ((instance as Methods)[name] !== this.own[name]) {
        return false;
      }
    }
    for (const { owner, name, method } of this.inherited) {
      if (owner[name] !== method) {
        return false;
      }
    }
    return true;
  }
}

/** Returns the names of the methods that a class has itself. */
function methodsOf(owner: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(owner))
    .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
    .map(([name]) => name);
}

/** Whether the text of a function begins like that of a method in a class; functions that tools assign do not. */
function isWrittenAsMethod(name: string, method: unknown): boolean {
  return new RegExp(`^(?:async )?${name.replaceAll("$", "\\$")}\\(`).test(String(method));
}
