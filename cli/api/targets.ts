import { UserError } from "../user-error.ts";
import type { MappedResource, ResourceMapper } from "./resource-mapper.ts";

/** What a command line names: a type, and one object of it or all. */
export interface Target {
  readonly resource: MappedResource;
  readonly name?: string;
}

/**
 * `pods`, `pods,nodes`, `pod a b`, `deploy/hello svc/web`, `all`: as kubectl reads them.
 * @throws UserError for unknown types and for mixtures of the two forms
 */
export function parseTargets(words: readonly string[], mapper: ResourceMapper): Target[] {
  const [first, ...names] = words;
  if (first === undefined) throw new UserError("name a type: for example `pods`, `deploy/hello` or `pods,nodes`", 2);
  if (first.includes("/")) return words.map((word) => slashTarget(word, mapper));
  if (names.some((name) => name.includes("/"))) throw new UserError("there is no need to give a type and TYPE/NAME together: write either `pod a b` or `pod/a pod/b`", 2);
  const resources = first.split(",").flatMap((type) => (type === "all" ? mapper.byCategory("all") : [mapper.byName(type)]));
  return names.length === 0 ? resources.map((resource) => ({ resource })) : resources.flatMap((resource) => names.map((name) => ({ resource, name })));
}

function slashTarget(word: string, mapper: ResourceMapper): Target {
  const [type = "", name = "", ...rest] = word.split("/");
  if (type === "" || name === "" || rest.length > 0) throw new UserError(`${JSON.stringify(word)}: write TYPE/NAME, for example deploy/hello`, 2);
  return { resource: mapper.byName(type), name };
}

/** Exactly one object. @throws UserError */
export function parseOneTarget(words: readonly string[], mapper: ResourceMapper, defaultType?: string): Required<Target> {
  const qualified = words.length === 1 && !words[0]?.includes("/") && defaultType !== undefined ? [defaultType, words[0] ?? ""] : words;
  const targets = parseTargets(qualified, mapper);
  const [target] = targets;
  if (targets.length !== 1 || target?.name === undefined) throw new UserError("name one object: TYPE/NAME, for example deploy/hello", 2);
  return { resource: target.resource, name: target.name };
}

/** `deployment.apps/hello`: how kubectl names an object. */
export function displayName(resource: MappedResource, name: string): string {
  return `${resource.singular}${resource.group === "" ? "" : `.${resource.group}`}/${name}`;
}
