import test from "ava";
import { decodeJson } from "../codec/json.ts";
import type { KindEntry, StrategyContext, UpdateStrategy } from "../kinds/kind.ts";
import { type FieldError, fieldErrorText } from "../status/field-error.ts";
import { validateStoredObjectMeta, validateStoredObjectMetaUpdate } from "../validation/object-meta.ts";
import type { ApiObject } from "../wire.ts";
import { type Changes, changed } from "./change.ts";
import { metadataRules, metadataUpdateRules } from "./metadata-rules.ts";

/** Valid objects by name, without kind and apiVersion; where there is no metadata the name is `t`. */
export type Bases = Readonly<Record<string, object>>;

/** `[base, what is changed of it, `field: Reason value: message` of each error]`; no error: it is accepted. */
export type Rule = readonly [base: string, changes: Changes, ...errors: string[]];

const NOW_MS = Date.UTC(2026, 0, 1);
const NOW = "2026-01-01T00:00:00Z";
const user = { name: "admin", uid: "1", groups: ["system:masters", "system:authenticated"] };

function contextOf(subresource: string, warnings: string[] = []): StrategyContext {
  return { user, now_ms: NOW_MS, subresource, warn: (text) => warnings.push(text) };
}

/** `a` as often as said. */
export function long(count: number, text = "a"): string {
  return text.repeat(count);
}

function decode<T extends ApiObject>(entry: KindEntry<T>, base: object, changes: Changes): T {
  const apiVersion = entry.group === "" ? entry.version : `${entry.group}/${entry.version}`;
  const whole = changed({ apiVersion, kind: entry.kind, metadata: { name: "t" }, ...base }, changes) as ApiObject;
  if (entry.namespaced) whole.metadata = { namespace: "default", ...whole.metadata };
  const object = decodeJson<T>(entry.definition, JSON.stringify(whole), "Strict").object;
  object.metadata ??= {};
  entry.strategy.applyDefaults?.(object);
  return object;
}

/** As the registry creates it. */
function create<T extends ApiObject>(entry: KindEntry<T>, base: object, changes: Changes, warnings: string[] = []): { object: T; errors: FieldError[] } {
  const object = decode(entry, base, changes);
  object.metadata.uid = "01234567-0123-0123-0123-0123456789ab";
  object.metadata.creationTimestamp = NOW;
  entry.strategy.prepareForCreate?.(object, contextOf("", warnings));
  const errors = entry.strategy.validate?.(object, contextOf("")) ?? [];
  return { object, errors: errors.length > 0 ? errors : validateStoredObjectMeta(object.metadata, entry.namespaced) };
}

/** As the registry updates it. */
function update<T extends ApiObject>(entry: KindEntry<T>, strategy: UpdateStrategy<T>, subresource: string, old: T, next: T): FieldError[] {
  const { metadata } = next;
  if (old.metadata.generation === undefined) delete metadata.generation;
  else metadata.generation = old.metadata.generation;
  metadata.resourceVersion ??= "1";
  strategy.prepareForUpdate?.(next, old, contextOf(subresource));
  metadata.uid ??= old.metadata.uid as string;
  metadata.creationTimestamp = NOW;
  return [...validateStoredObjectMetaUpdate(metadata, old.metadata, entry.namespaced), ...(strategy.validateUpdate?.(next, old, contextOf(subresource)) ?? [])];
}

/** The errors' texts; where a text is expected that ends with `…`, only its beginning counts. */
function texts(errors: readonly FieldError[], expected: readonly string[] = []): string[] {
  return errors.map((error, i) => {
    const text = fieldErrorText(error);
    const wanted = expected[i];
    return wanted?.endsWith("…") && text.startsWith(wanted.slice(0, -1)) ? wanted : text;
  });
}

function titleOf(what: string, [base, changes, ...errors]: Rule, index: number): string {
  return `${what} ${index}: ${base} with ${Object.keys(changes).join(", ").slice(0, 120)} changed is ${errors.length === 0 ? "accepted" : "refused"}`;
}

function baseOf(bases: Bases, name: string): object {
  const base = bases[name];
  if (base === undefined) throw new Error(`no base is named ${name}`);
  return base;
}

/** The rules that hold for the metadata of every kind. */
function metadataTest<T extends ApiObject>(entry: KindEntry<T>, base: object): void {
  test(`${entry.kind} keeps the rules of metadata`, (t) => {
    const expect = (errors: readonly FieldError[], expected: readonly string[]) => {
      const found = texts(errors);
      const isThere = (text: string) => found.some((own) => (text.endsWith("…") ? own.startsWith(text.slice(0, -1)) : own === text));
      t.deepEqual(expected.filter((text) => !isThere(text)), [], found.join("; ").slice(0, 1000));
    };
    for (const [changes, ...expected] of metadataRules) expect(create(entry, base, changes).errors, expected);
    if (!entry.namespaced) expect(create(entry, base, { "metadata.namespace": "a" }).errors, ["metadata.namespace: Forbidden: not allowed on this type"]);
    for (const field of ["namespace", "name", "generateName"]) t.not(create(entry, base, { [`metadata.${field}`]: "a/b" }).errors.length, 0, field);
    for (const [changes, ...expected] of metadataUpdateRules) expect(updateOf(entry, entry.strategy, "", base, {}, changes), expected);
    const deleting = { "metadata.deletionTimestamp": NOW, "metadata.deletionGracePeriodSeconds": 0, "metadata.finalizers": ["example.com/a"] };
    const added = { "metadata.finalizers": ["example.com/a", "example.com/b"] };
    expect(updateOf(entry, entry.strategy, "", base, deleting, added), ['metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/b"}']);
  });
}

/** What a PUT finds that changes what is stored: the base with `stored` laid over it. */
function updateOf<T extends ApiObject>(entry: KindEntry<T>, strategy: UpdateStrategy<T>, subresource: string, base: object, stored: Changes, changes: Changes): FieldError[] {
  const old = changed(create(entry, base, {}).object, { "metadata.resourceVersion": "1", ...stored }) as T;
  const next = decodeJson<T>(entry.definition, JSON.stringify(changed(old, changes)), "Strict").object;
  entry.strategy.applyDefaults?.(next);
  return update(entry, strategy, subresource, structuredClone(old), next);
}

/** One test for each rule of creation; the bases themselves are accepted. */
export function ruleTests<T extends ApiObject>(entry: KindEntry<T>, bases: Bases, rules: readonly Rule[]): void {
  for (const [name, base] of Object.entries(bases)) {
    test(`${entry.kind} ${name} is accepted`, (t) => {
      t.deepEqual(texts(create(entry, base, {}).errors), []);
    });
  }
  metadataTest(entry, Object.values(bases)[0] ?? {});
  rules.forEach((rule, i) => {
    const [base, changes, ...errors] = rule;
    test(titleOf(entry.kind, rule, i), (t) => {
      t.deepEqual(texts(create(entry, baseOf(bases, base), changes).errors, errors), errors);
    });
  });
}

/** One test for each rule of changes to what is there, by a PUT or PUT of the subresource. `stored` is laid over the base as it is stored. */
export function updateTests<T extends ApiObject>(entry: KindEntry<T>, bases: Bases, rules: readonly Rule[], options: { subresource?: string; stored?: Changes } = {}): void {
  const { subresource = "", stored = {} } = options;
  const strategy = subresource === "" ? entry.strategy : entry.subresources[subresource]?.strategy;
  if (strategy === undefined) throw new Error(`${entry.kind} has no ${subresource}`);
  rules.forEach((rule, i) => {
    const [base, changes, ...errors] = rule;
    test(titleOf(`${entry.kind}${subresource === "" ? "" : `/${subresource}`} update`, rule, i), (t) => {
      t.deepEqual(texts(updateOf(entry, strategy, subresource, baseOf(bases, base), stored, changes), errors), errors);
    });
  });
}

/** What a client is told besides the answer: `[base, what is changed of it, each warning]`, at its creation or (`update`, or a subresource) when the base is there already. */
export function warningTests<T extends ApiObject>(entry: KindEntry<T>, bases: Bases, rules: readonly Rule[], options: { update?: boolean; subresource?: string } = {}): void {
  const { subresource = "", update: isUpdate = subresource !== "" } = options;
  const strategy = subresource === "" ? entry.strategy : entry.subresources[subresource]?.strategy;
  rules.forEach(([name, changes, ...expected], i) => {
    test(`${entry.kind}${subresource && `/${subresource}`} ${isUpdate ? "update" : "creation"} warnings ${i}: ${name} with ${Object.keys(changes).join(", ").slice(0, 120)}`, (t) => {
      t.deepEqual(isUpdate ? updateWarnings(entry, strategy, subresource, baseOf(bases, name), changes) : createWarnings(entry, baseOf(bases, name), changes), expected);
    });
  });
}

function createWarnings<T extends ApiObject>(entry: KindEntry<T>, base: object, changes: Changes): string[] {
  const warnings: string[] = [];
  const { object } = create(entry, base, changes, warnings);
  return [...warnings, ...(entry.strategy.warnings?.(object, undefined) ?? [])];
}

function updateWarnings<T extends ApiObject>(entry: KindEntry<T>, strategy: UpdateStrategy<T> | undefined, subresource: string, base: object, changes: Changes): string[] {
  const old = create(entry, base, {}).object;
  const next = decodeJson<T>(entry.definition, JSON.stringify(changed(old, changes)), "Strict").object;
  entry.strategy.applyDefaults?.(next);
  if (strategy) update(entry, strategy, subresource, structuredClone(old), next);
  return strategy?.warnings?.(next, old) ?? [];
}
