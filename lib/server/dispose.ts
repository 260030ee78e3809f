/** Provides Symbol.asyncDispose, the name of the method that `await using` calls, in older versions too. */

declare const unknownToCompiler: unique symbol;

/** `typeof Symbol.asyncDispose`, or a symbol without a name if the TypeScript version does not know it. */
type AsyncDispose<Symbols> = Symbols extends { readonly asyncDispose: symbol }
  ? Symbols["asyncDispose"]
  : typeof unknownToCompiler;

/** `Symbol.asyncDispose`, or a private symbol if the Node.js version does not have it. */
export const asyncDispose: AsyncDispose<SymbolConstructor> = Symbol.asyncDispose ?? Symbol("asyncDispose");
