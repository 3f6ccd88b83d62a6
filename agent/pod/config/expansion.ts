/** What a reference to a variable becomes; undefined: it is left as it is written. */
export type Mapping = (name: string) => string | undefined;

/** Expands `$(NAME)`; `$$` is a dollar sign. An unknown or unclosed reference stays as it is (Kubernetes' third_party/forked/golang/expansion). */
export function expand(text: string, mapping: Mapping): string {
  if (!text.includes("$")) return text;
  let out = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char !== "$" || at + 1 >= text.length) {
      out += char;
      continue;
    }
    const next = text[at + 1];
    if (next === "$") {
      out += "$";
      at++;
      continue;
    }
    const close = next === "(" ? text.indexOf(")", at + 2) : -1;
    if (next !== "(" || close < 0) {
      out += char;
      continue;
    }
    const name = text.slice(at + 2, close);
    out += mapping(name) ?? `$(${name})`;
    at = close;
  }
  return out;
}

/** As `expand`, but references that are unknown or empty are an error: kubelet's words. @throws Error */
export function expandStrict(text: string, mapping: Mapping): string {
  const missing = new Set<string>();
  const expanded = expand(text, (name) => {
    const value = mapping(name) ?? "";
    if (value === "") missing.add(name);
    return value;
  });
  if (missing.size > 0) throw new Error(`missing value for ${[...missing].sort().join(", ")}`);
  return expanded;
}

/** Looks a name up in maps, the first that has it. */
export function mappingOf(...maps: ReadonlyMap<string, string>[]): Mapping {
  return (name) => {
    for (const map of maps) {
      const value = map.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}
