/** Types and signatures of TypeDoc's model, as TypeScript. */

const widest = 90;

/** A function or method, with a parameter a line if it is long. */
export function signatureText(signature, name = signature.name) {
  const parameters = (signature.parameters ?? []).map(parameterText);
  // the type parameters of a constructor are those of its class
  const isConstructor = name.startsWith("new ");
  const head = isConstructor ? name : `${name}${typeParameters(signature.typeParameters)}`;
  const tail = signature.type && !isConstructor ? `: ${typeText(signature.type)}` : "";
  const line = `${head}(${parameters.join(", ")})${tail}`;
  return line.length <= widest || parameters.length === 0
    ? line
    : `${head}(\n${parameters.map((one) => `  ${one},\n`).join("")})${tail}`;
}

/** A type or interface as it is declared, without the members of an interface. */
export function declaredText(reflection) {
  const name = `${reflection.name}${typeParameters(reflection.typeParameters)}`;
  if (reflection.type) {
    const { declaration } = reflection.type;
    return declaration?.children && !declaration.signatures
      ? `type ${name} = { … }`
      : `type ${name} = ${typeText(reflection.type)}`;
  }
  const parents = (reflection.extendedTypes ?? []).map(typeText);
  return `interface ${name}${parents.length > 0 ? ` extends ${parents.join(", ")}` : ""}`;
}

function parameterText(parameter) {
  const rest = parameter.flags.isRest ? "..." : "";
  const optional = parameter.flags.isOptional || parameter.defaultValue !== undefined ? "?" : "";
  // a parameter that is taken apart has no name in the source
  const name = parameter.name.startsWith("__") ? "options" : parameter.name;
  return `${rest}${name}${optional}: ${typeText(parameter.type)}`;
}

function typeParameters(parameters) {
  return parameters?.length
    ? `<${parameters
        .map(
          ({ name, type, default: preset }) =>
            `${name}${type ? ` extends ${typeText(type)}` : ""}${preset ? ` = ${typeText(preset)}` : ""}`,
        )
        .join(", ")}>`
    : "";
}

/** A type on one line. */
export function typeText(type) {
  return type === undefined ? "unknown" : (writers[type.type]?.(type) ?? type.toString());
}

const list = (types) => types.map(typeText).join(", ");

const writers = {
  array: ({ elementType }) => {
    const text = typeText(elementType);
    return /[|&? ]|=>/.test(text) && !text.endsWith(">") ? `(${text})[]` : `${text}[]`;
  },
  union: ({ types }) => types.map((one) => grouped(one)).join(" | "),
  intersection: ({ types }) => types.map((one) => grouped(one)).join(" & "),
  reference: ({ name, typeArguments }) => (typeArguments?.length ? `${name}<${list(typeArguments)}>` : name),
  tuple: ({ elements }) => `[${list(elements)}]`,
  optional: ({ elementType }) => `${typeText(elementType)}?`,
  rest: ({ elementType }) => `...${typeText(elementType)}`,
  namedTupleMember: ({ name, isOptional, element }) =>
    `${name}${isOptional ? "?" : ""}: ${typeText(element)}`,
  typeOperator: ({ operator, target }) => `${operator} ${typeText(target)}`,
  indexedAccess: ({ objectType, indexType }) => `${typeText(objectType)}[${typeText(indexType)}]`,
  conditional: ({ checkType, extendsType, trueType, falseType }) =>
    `${typeText(checkType)} extends ${typeText(extendsType)} ? ${typeText(trueType)} : ${typeText(falseType)}`,
  reflection: ({ declaration }) => {
    if (declaration.signatures && !declaration.children) {
      return declaration.signatures
        .map((one) => {
          const isConstructor = one.name.startsWith("new ") || one.kindOf?.(16384);
          const parameters = (one.parameters ?? []).map(parameterText).join(", ");
          return `${isConstructor ? "new " : ""}${typeParameters(one.typeParameters)}(${parameters}) => ${typeText(one.type)}`;
        })
        .map((text, _index, all) => (all.length > 1 ? `(${text})` : text))
        .join(" & ");
    }
    const members = (declaration.children ?? []).map((child) =>
      child.signatures
        ? signatureText(child.signatures[0])
        : `${child.name}${child.flags.isOptional ? "?" : ""}: ${typeText(child.type ?? child.getSignature?.type)}`,
    );
    const indexes = (declaration.indexSignatures ?? []).map(
      (one) => `[${(one.parameters ?? []).map(parameterText).join(", ")}]: ${typeText(one.type)}`,
    );
    return `{ ${[...indexes, ...members].join("; ")} }`;
  },
};

function grouped(type) {
  const text = typeText(type);
  return text.includes("=>") && type.type === "reflection" ? `(${text})` : text;
}
