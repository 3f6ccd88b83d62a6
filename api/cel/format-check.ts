import type { Node } from "./ast.ts";
import type { Issue } from "./cel-error.ts";
import { clausesOf, FormatError, formatFault } from "./library/format-clauses.ts";
import type { CelType } from "./types.ts";

/** A template whose arguments stand beside it, judged before it is run; undefined: nothing is wrong with it. */
export function checkFormat(template: string, args: readonly Node[], typeOf: (id: number) => CelType | undefined, offset: number): Issue | undefined {
  let next = 0;
  try {
    for (const clause of clausesOf(template)) {
      if (clause.type !== "argument") continue;
      const arg = args[next];
      if (arg === undefined) return { offset, message: `index ${next} out of range` };
      next++;
      const bad = wrongArgument(clause.letter, arg, typeOf);
      if (bad !== undefined) return { offset: bad.offset, message: `error during formatting: ${formatFault(clause.letter, nameOf(typeOf(bad.id)))}` };
    }
  } catch (error) {
    if (error instanceof FormatError) return { offset, message: error.message };
    throw error;
  }
  return args.length > next ? { offset, message: `too many arguments supplied to string.format (expected ${next}, got ${args.length})` } : undefined;
}

const kinds: Readonly<Record<string, readonly CelType["kind"][]>> = {
  s: ["list", "map", "int", "uint", "double", "bool", "string", "timestamp", "bytes", "duration", "type", "null"],
  d: ["int", "uint"],
  f: ["double", "string"],
  e: ["double", "string"],
  b: ["int", "uint", "bool"],
  o: ["int", "uint"],
  x: ["int", "uint", "string", "bytes"],
  X: ["int", "uint", "string", "bytes"],
};

function wrongArgument(letter: string, arg: Node, typeOf: (id: number) => CelType | undefined): Node | undefined {
  const kind = typeOf(arg.id)?.kind;
  if (kind !== undefined && kind !== "dyn" && !kinds[letter]?.includes(kind)) return arg;
  if (letter !== "s") return undefined;
  const parts = arg.kind === "list" ? arg.elements : arg.kind === "map" ? arg.entries.flatMap(({ key, value }) => [key, value]) : [];
  for (const part of parts) {
    const wrong = wrongArgument("s", part, typeOf);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function nameOf(type: CelType | undefined): string {
  if (type === undefined) return "dyn";
  return type.kind === "object" || type.kind === "opaque" ? type.name : type.kind === "null" ? "null_type" : type.kind === "timestamp" ? "google.protobuf.Timestamp" : type.kind === "duration" ? "google.protobuf.Duration" : type.kind;
}
