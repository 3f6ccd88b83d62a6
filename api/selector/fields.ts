export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** message is Kubernetes' wording. */
export class FieldSelectorError extends Error {
  override readonly name = "FieldSelectorError";
}

/** A parsed field selector: all requirements must hold. */
export class FieldMatcher {
  readonly requirements: readonly FieldRequirement[];

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  /** Matches every object. */
  get everything(): boolean {
    return this.requirements.length === 0;
  }

  /** `value` gives a field of the object as text, "" where it has none. */
  matches(value: (field: string) => string): boolean {
    for (const requirement of this.requirements) {
      if ((value(requirement.field) === requirement.value) !== (requirement.operator === "=")) return false;
    }
    return true;
  }

  /** The value that `field` must equal, where the selector says so. */
  exact(field: string): string | undefined {
    return this.requirements.find((requirement) => requirement.field === field && requirement.operator === "=")?.value;
  }

  /** Canonical text, which parses to the same selector. */
  toString(): string {
    return this.requirements.map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`).join(",");
  }
}

/** `metadata.name=a,status.phase!=Running`. @throws FieldSelectorError */
export function parseFieldSelector(text: string): FieldMatcher {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === "") continue;
    const parts = splitTerm(term);
    if (parts === undefined) throw new FieldSelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    requirements.push({ field: parts.field, operator: parts.operator, value: unescaped(parts.value) });
  }
  return new FieldMatcher(requirements);
}

/** Backslash before what means something in a selector. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, "\\$&");
}

/** At the commas that no backslash precedes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === ",") {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

/** At the first operator. */
function splitTerm(term: string): { field: string; operator: "=" | "!="; value: string } | undefined {
  for (let i = 0; i < term.length; i++) {
    if (term.startsWith("!=", i)) return { field: term.slice(0, i), operator: "!=", value: term.slice(i + 2) };
    if (term.startsWith("==", i)) return { field: term.slice(0, i), operator: "=", value: term.slice(i + 2) };
    if (term[i] === "=") return { field: term.slice(0, i), operator: "=", value: term.slice(i + 1) };
  }
  return undefined;
}

function unescaped(text: string): string {
  let value = "";
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === "\\") {
      const escaped = text.charAt(++i);
      if (escaped !== "\\" && escaped !== "," && escaped !== "=") throw new FieldSelectorError(`invalid field selector: invalid escape sequence: \\${escaped}`);
      value += escaped;
    } else if (character === "," || character === "=") {
      throw new FieldSelectorError(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    } else value += character;
  }
  return value;
}
