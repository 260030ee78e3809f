/** Checks that an expression has exactly a type: `typeOf(socket.id).is<string>()`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

interface Typed<Actual> {
  is<Expected>(...nothing: Same<Actual, Expected> extends true ? [] : [expectedAnotherType: Actual]): void;
}

export declare function typeOf<Actual>(value: Actual): Typed<Actual>;
