/** The name of the method that `await using` calls. */

declare const unknownToCompiler: unique symbol;

/** In projects whose TypeScript has never heard of it, a symbol that nobody can name. */
type AsyncDispose<Symbols> = Symbols extends { readonly asyncDispose: symbol }
  ? Symbols["asyncDispose"]
  : typeof unknownToCompiler;

/** `Symbol.asyncDispose`, or a symbol that nobody has where Node.js is older. */
export const asyncDispose: AsyncDispose<SymbolConstructor> = Symbol.asyncDispose ?? Symbol("asyncDispose");
