import type { WatchEvent } from "../../api/exchange.ts";
import { pathOf } from "../../api/resources.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { MappedResource } from "../api/resource-mapper.ts";
import { readJson, readJsonLines } from "../api/read-json.ts";
import type { Session } from "../api/session.ts";
import { displayName, parseTargets, type Target } from "../api/targets.ts";
import { formatObjects, type OutputFormat } from "../output/object.ts";
import { formatTable, type Table } from "../output/table.ts";
import { UserError } from "../user-error.ts";

export interface GetOptions {
  readonly output: OutputFormat | undefined;
  readonly allNamespaces: boolean;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly watch: boolean;
  readonly headers: boolean;
  readonly showLabels: boolean;
  readonly ignoreNotFound: boolean;
}

export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/** `berth get TYPE…`: what the server holds, as its own table, YAML, JSON or names; with `watch` until the signal aborts. */
export async function get(session: Session, words: readonly string[], options: GetOptions, output: Output, signal: AbortSignal): Promise<void> {
  const targets = parseTargets(words, await session.mapper());
  const asObjects = options.output === "json" || options.output === "yaml" || options.output === "name";
  if (options.watch && targets.length > 1) throw new UserError("-w watches one type, or one object", 2);
  if (asObjects) await getObjects(session, targets, options, output);
  else await getTables(session, targets, options, output);
  if (options.watch) await watchTarget(session, targets[0] as Target, options, output, signal);
}

/** Path and query of a target; a watch of one object is a list with a field selector. */
function pathFor(session: Session, { resource, name }: Target, options: GetOptions, more: Readonly<Record<string, string>> = {}, asList = false): string {
  const namespace = options.allNamespaces ? undefined : session.namespace;
  const single = name !== undefined && !asList;
  const fields = [options.fieldSelector, name !== undefined && asList ? `metadata.name=${name}` : undefined].filter(Boolean).join(",");
  const query = new URLSearchParams(more);
  if (!single && options.labelSelector !== undefined) query.set("labelSelector", options.labelSelector);
  if (!single && fields !== "") query.set("fieldSelector", fields);
  const text = query.toString();
  return pathOf(resource, { namespace, ...(single ? { name } : {}) }) + (text === "" ? "" : `?${text}`);
}

async function getObjects(session: Session, targets: readonly Target[], options: GetOptions, output: Output): Promise<void> {
  const objects: ApiObject[] = [];
  for (const target of targets) {
    const answer = await read<ApiObject & { items?: ApiObject[] | null }>(session, pathFor(session, target, options), options);
    if (answer === undefined) continue;
    if (target.name !== undefined) objects.push(answer);
    else objects.push(...(answer.items ?? []).map((item) => ({ ...item, apiVersion: apiVersion(target.resource), kind: target.resource.kind })));
  }
  const [first] = targets;
  if (options.output === "name") {
    const mapper = await session.mapper();
    for (const object of objects) output.out(`${displayName(mapper.byKind(object.apiVersion, object.kind), object.metadata.name ?? "")}\n`);
    return;
  }
  const single = targets.length === 1 && first?.name !== undefined;
  if (single && objects.length === 0) return;
  output.out(formatObjects(objects, options.output as "json" | "yaml", single));
}

async function read<T>(session: Session, path: string, options: GetOptions, accept?: string): Promise<T | undefined> {
  try {
    return await readJson<T>(session.client, { path, ...(accept === undefined ? {} : { headers: { accept } }) });
  } catch (error) {
    const reason = (error as { status?: { reason?: string } }).status?.reason;
    if (options.ignoreNotFound && reason === "NotFound") return undefined;
    throw error;
  }
}

/** One table for each type; several names of one type share a table. */
async function getTables(session: Session, targets: readonly Target[], options: GetOptions, output: Output): Promise<void> {
  const types = [...new Set(targets.map((target) => target.resource))];
  let printed = 0;
  for (const resource of types) {
    const tables: Table[] = [];
    for (const target of targets.filter((one) => one.resource === resource)) {
      const table = await read<Table>(session, pathFor(session, target, options), options, TABLE);
      if (table !== undefined) tables.push(table);
    }
    const rows = tables.flatMap((table) => table.rows ?? []);
    if (rows.length === 0) continue;
    if (printed++ > 0) output.out("\n");
    const columnDefinitions = tables[0]?.columnDefinitions ?? [];
    output.out(lines(formatTable({ columnDefinitions, rows }, style(resource, options, types.length > 1))));
  }
  if (printed > 0 || options.watch || options.ignoreNotFound) return;
  const scoped = types.some((resource) => resource.namespaced) && !options.allNamespaces;
  output.err(scoped ? `No resources found in ${session.namespace} namespace.\n` : "No resources found\n");
}

function style(resource: MappedResource, options: GetOptions, several: boolean) {
  return {
    wide: options.output === "wide",
    headers: options.headers,
    withNamespace: options.allNamespaces && resource.namespaced,
    showLabels: options.showLabels,
    namePrefix: several ? displayName(resource, "") : "",
  };
}

/** Prints each change until the signal aborts; a watch that the server ends goes on where it was. */
async function watchTarget(session: Session, target: Target, options: GetOptions, output: Output, signal: AbortSignal): Promise<void> {
  const list = await readJson<Table>(session.client, { path: pathFor(session, target, options, {}, true), headers: { accept: TABLE } });
  let resourceVersion = list.metadata?.resourceVersion ?? "";
  const widths: number[] = [];
  formatTable(list, style(target.resource, options, false), widths);
  while (!signal.aborted) {
    const path = pathFor(session, target, options, { watch: "true", allowWatchBookmarks: "true", resourceVersion }, true);
    const asTable = options.output === undefined || options.output === "wide";
    try {
      const { chunks } = await session.client.request({ path, signal, ...(asTable ? { headers: { accept: TABLE } } : {}) });
      for await (const event of readJsonLines<WatchEvent<ApiObject & Table>>(chunks)) {
        if (event.type === "ERROR") throw new UserError(`the watch ended: ${String(event.object.message ?? "unknown error")}`);
        const version = event.object.metadata.resourceVersion ?? (event.object.rows?.[0]?.object as ApiObject | undefined)?.metadata.resourceVersion;
        if (version !== undefined) resourceVersion = version;
        if (event.type !== "BOOKMARK") printEvent(event, target.resource, options, output, widths);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function printEvent(event: WatchEvent<ApiObject & Table>, resource: MappedResource, options: GetOptions, output: Output, widths: number[]): void {
  if (options.output === "json" || options.output === "yaml") output.out(formatObjects([event.object], options.output, true));
  else if (options.output === "name") output.out(`${displayName(resource, event.object.metadata.name ?? "")}\n`);
  else output.out(lines(formatTable({ columnDefinitions: columnsOf(event.object, widths), rows: event.object.rows ?? [] }, { ...style(resource, options, false), headers: false }, widths)));
}

/** Only the first event of a watch carries column definitions: the list's are kept beside the widths. */
const knownColumns = new WeakMap<number[], NonNullable<Table["columnDefinitions"]>>();
function columnsOf(table: Table, widths: number[]): NonNullable<Table["columnDefinitions"]> {
  const own = table.columnDefinitions ?? [];
  if (own.length > 0) knownColumns.set(widths, own);
  return own.length > 0 ? own : (knownColumns.get(widths) ?? []);
}

function lines(text: readonly string[]): string {
  return text.length === 0 ? "" : `${text.join("\n")}\n`;
}

function apiVersion(resource: MappedResource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}
