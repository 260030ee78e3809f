/** Provides `Symbol.asyncDispose` for `await using`, with a substitute for Node.js versions that do not have it. */

declare const unknownToCompiler: unique symbol;

/** `typeof Symbol.asyncDispose`, or the type of another symbol if the version of TypeScript does not declare it. */
type AsyncDispose<Symbols> = Symbols extends { readonly asyncDispose: symbol }
  ? Symbols["asyncDispose"]
  : typeof unknownToCompiler;

/** `Symbol.asyncDispose`, or a private symbol if the Node.js version does not have it. */
export const asyncDispose: AsyncDispose<SymbolConstructor> = Symbol.asyncDispose ?? Symbol("asyncDispose");
