const keywords: ReadonlySet<string> = new Set(["true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while"]);

const escapes: Readonly<Record<string, string>> = { __: "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__" };

/** A property's name as expressions write it (`a-b` → `a__dash__b`, `in` → `__in__`); undefined: they cannot. */
export function celName(property: string): string | undefined {
  if (keywords.has(property)) return `__${property}__`;
  if (!/^[A-Za-z_][A-Za-z0-9_./-]*$/.test(property)) return undefined;
  return property.replace(/__|[.\-/]/g, (part) => escapes[part] ?? part);
}

/** A word of the language: as a field after a dot it needs no escaping since Kubernetes 1.32, though the escaped name goes on to work. */
export function isKeyword(property: string): boolean {
  return keywords.has(property);
}
