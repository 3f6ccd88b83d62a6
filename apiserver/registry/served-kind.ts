import type { Coerce } from "../../api/codec/body.ts";
import type { KindEntry } from "../../api/kinds/kind.ts";
import type { GroupKind, GroupResource } from "../../api/status/errors.ts";
import type { Reservation } from "./registry.ts";
import type { StoredView } from "./stored-view.ts";

/** What a kind has that is defined while the server runs. */
export interface CustomParts {
  readonly view: StoredView;
  /** Brings what clients send into the form of the schema. */
  readonly coerce: Coerce;
  /** Aborts when this form of the kind is no longer served: its watches end. */
  readonly retired: AbortSignal;
  /** The definition is being deleted: objects can no longer be created. */
  isTerminating(): boolean;
  /** What must hold for a creation: the definition is as this server knows it, so that none is created that its deletion would miss. @throws StatusError 404 when it is gone */
  guard(): Reservation;
}

/** A kind's entry with what the registry derives from it once. */
export class ServedKind {
  readonly entry: KindEntry;
  readonly apiVersion: string;
  readonly resource: GroupResource;
  readonly groupKind: GroupKind;
  /** The kind in whose form the objects are stored: itself, but for views such as events.k8s.io Events. */
  readonly stored: ServedKind;
  /** Keys of its objects begin so: `/registry/pods/`. */
  readonly storagePrefix: string;
  /** Schema definition; undefined for custom resources. */
  readonly definition: string | undefined;
  /** Its objects are read from the store, never from the watch cache. */
  readonly uncached: boolean;
  /** Fields that selectors may name, in the order in which CachedObject keeps their values. */
  readonly selectable: readonly string[];
  /** Custom resources; undefined for what is built in and for the stored form itself. */
  readonly custom: CustomParts | undefined;
  readonly #getters: readonly ((object: never) => string)[];

  constructor(entry: KindEntry, stored?: ServedKind, custom?: CustomParts) {
    this.entry = entry;
    this.custom = custom;
    this.apiVersion = entry.group === "" ? entry.version : `${entry.group}/${entry.version}`;
    this.resource = { group: entry.group, resource: entry.plural };
    // What is wrong with a view is reported of the kind that is stored.
    this.groupKind = stored?.groupKind ?? { group: entry.group, kind: entry.kind };
    this.stored = stored ?? this;
    this.definition = entry.definition === "" ? undefined : entry.definition;
    // Custom groups have a dot, plurals have none: the two cannot be mistaken for one another.
    this.storagePrefix = stored?.storagePrefix ?? (this.definition === undefined ? `/registry/${entry.group}/${entry.plural}/` : `/registry/${entry.plural}/`);
    this.uncached = (stored?.entry ?? entry).uncached === true;
    this.selectable = Object.keys(entry.selectableFields);
    this.#getters = Object.values(entry.selectableFields) as ((object: never) => string)[];
  }

  /** How stored objects are shown, where they may be stored in another version. */
  get view(): StoredView | undefined {
    return this.custom?.view;
  }

  /** The cached bytes are what clients get, once the view has shown them. */
  get isShownAsCached(): boolean {
    return this.entry.storedAs === undefined;
  }

  /** Never stored: reviews, bindings, and what is computed for each request. */
  get virtual(): boolean {
    return !this.entry.verbs.includes("get") || !this.entry.verbs.includes("create");
  }

  /** Values of the selectable fields, in the order of `selectable`. */
  fieldValues(object: object): string[] {
    return this.#getters.map((get) => get(object as never));
  }

  /** `ns/name`, or `name` for cluster-scoped kinds: the key below `storagePrefix`. */
  objectKey(namespace: string, name: string): string {
    return this.entry.namespaced ? `${namespace}/${name}` : name;
  }

  /** `/registry/pods/default/web`, as messages show it. */
  storageKey(namespace: string, name: string): string {
    return this.storagePrefix + this.objectKey(namespace, name);
  }
}

/** Every kind served, by where its path leads. */
export class KindTable {
  /** By plural: a few kinds at most share one. Looked at by every request, so no key is put together. */
  readonly #byPlural = new Map<string, ServedKind[]>();
  readonly #byKind = new Map<string, ServedKind>();
  #kinds: ServedKind[] = [];
  readonly #custom = new Map<string, readonly ServedKind[]>();
  readonly #listeners = new Set<() => void>();
  #generation = 0;

  constructor(entries: readonly KindEntry[]) {
    for (const entry of entries) if (entry.storedAs === undefined) this.#add(new ServedKind(entry));
    for (const entry of entries) {
      if (entry.storedAs === undefined) continue;
      const { group, version, kind } = entry.storedAs;
      const stored = this.byKind(group, version, kind);
      if (stored === undefined) throw new Error(`${entry.kind} of ${entry.group} is stored as ${kind} of ${group}, which is not served`);
      this.#add(new ServedKind(entry, stored));
    }
  }

  #add(kind: ServedKind): void {
    this.#kinds.push(kind);
    const namesakes = this.#byPlural.get(kind.entry.plural);
    if (namesakes === undefined) this.#byPlural.set(kind.entry.plural, [kind]);
    else namesakes.push(kind);
    this.#byKind.set(`${kind.entry.group}/${kind.entry.version}/${kind.entry.kind}`, kind);
  }

  get all(): readonly ServedKind[] {
    return this.#kinds;
  }

  /** Grows with every change of what is served. */
  get generation(): number {
    return this.#generation;
  }

  /** Serves these versions of a custom resource instead of those before; none: it is gone. A built-in kind of the same path is not replaced. */
  setCustom(name: string, kinds: readonly ServedKind[]): void {
    const before = this.#custom.get(name) ?? [];
    for (const kind of before) this.#remove(kind);
    const added = kinds.filter((kind) => this.byResource(kind.entry.group, kind.entry.version, kind.entry.plural) === undefined);
    for (const kind of added) this.#add(kind);
    if (added.length === 0) this.#custom.delete(name);
    else this.#custom.set(name, added);
    this.#generation++;
    for (const listener of this.#listeners) listener();
  }

  /** Told after every change of what is served. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #remove(kind: ServedKind): void {
    const { group, version, plural, kind: name } = kind.entry;
    this.#kinds = this.#kinds.filter((other) => other !== kind);
    const namesakes = (this.#byPlural.get(plural) ?? []).filter((other) => other !== kind);
    if (namesakes.length > 0) this.#byPlural.set(plural, namesakes);
    else this.#byPlural.delete(plural);
    if (this.#byKind.get(`${group}/${version}/${name}`) === kind) this.#byKind.delete(`${group}/${version}/${name}`);
  }

  byResource(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#byPlural.get(plural)?.find(({ entry }) => entry.group === group && entry.version === version);
  }

  byKind(group: string, version: string, kind: string): ServedKind | undefined {
    return this.#byKind.get(`${group}/${version}/${kind}`);
  }

  hasGroup(group: string): boolean {
    return this.#kinds.some((kind) => kind.entry.group === group);
  }

  hasGroupVersion(group: string, version: string): boolean {
    return this.#kinds.some((kind) => kind.entry.group === group && kind.entry.version === version);
  }
}
