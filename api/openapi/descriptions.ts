import type { Definition } from "../schema/types.ts";

/** Texts of a definition and of its fields, as the generator found them. */
export interface DescribedDefinition {
  readonly description: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Definition name → texts. */
export type Descriptions = Readonly<Record<string, DescribedDefinition>>;

/** The generated model classes that may be a definition's, the likelier first: `AppsV1Deployment`, `V1Deployment`. */
export function modelNamesOf(definition: Definition): string[] {
  const [kind = "", version = "", group = ""] = definition.name.split(".").reverse();
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return [`${capital(group)}${capital(version)}${kind}`, `${capital(version)}${kind}`];
}

/** Reads the texts out of a model's declaration file. Fields that the generator renamed (`_continue`) get their names back. */
export function parseModel(declaration: string, className: string): DescribedDefinition | undefined {
  const start = declaration.indexOf(`export declare class ${className} {`);
  if (start < 0) return undefined;
  const fields: Record<string, string> = {};
  const pattern = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^ {4}'([^']+)'\??: /gm;
  for (const match of declaration.slice(start).matchAll(pattern)) if (match[1] !== undefined) fields[(match[2] ?? "").replace(/^_/, "")] = commentText(match[1]);
  const before = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(declaration.slice(0, start));
  return { description: commentText(before?.[1] ?? ""), fields };
}

function commentText(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}
