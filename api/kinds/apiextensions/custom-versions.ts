import type { DefinitionVersion } from "../../validation/apiextensions/internal-spec.ts";
import { versionsOf } from "../../validation/apiextensions/internal-spec.ts";
import type { CustomResourceDefinition } from "../../wire.ts";

/** v2 before v1, stable before beta before alpha, names of another form last and by alphabet. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [parse(a), parse(b)];
  if (x === undefined || y === undefined) return x === y ? (a < b ? -1 : a > b ? 1 : 0) : x === undefined ? 1 : -1;
  return y.stage - x.stage || y.major - x.major || y.minor - x.minor;
}

const STAGES: Readonly<Record<string, number>> = { alpha: 0, beta: 1 };

function parse(version: string): { stage: number; major: number; minor: number } | undefined {
  const match = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/.exec(version);
  if (match === null) return undefined;
  return { stage: STAGES[match[2] ?? ""] ?? 2, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}

/** The warning of every request to a deprecated version; undefined for one that is not. */
export function deprecationText(definition: CustomResourceDefinition, version: DefinitionVersion): string | undefined {
  if (version.deprecated !== true) return undefined;
  if (version.deprecationWarning !== undefined) return version.deprecationWarning;
  const { group = "", names } = definition.spec ?? {};
  const text = `${group}/${version.name} ${names?.kind} is deprecated`;
  const [best] = versionsOf(definition)
    .filter((other) => other.served && !other.deprecated && compareVersions(other.name ?? "", version.name ?? "") < 0)
    .map((other) => other.name ?? "")
    .sort(compareVersions);
  return best === undefined ? text : `${text}; use ${group}/${best} ${names?.kind}`;
}
