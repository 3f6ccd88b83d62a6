import { decodeJson } from "../../api/codec/json.ts";
import { parseObject } from "../../api/fieldmanager/parse-object.ts";
import type { ApiObject } from "../../api/wire.ts";
import { replaceResourceVersion, withResourceVersion } from "./resource-version.ts";
import type { ServedKind } from "./served-kind.ts";

const LONG_NUMBER = /\d{16}/;

/**
 * One object at one revision: its JSON bytes as clients get them, and what selectors need. The decoded object is made
 * when somebody asks for it, frozen, and shared by all who hold it at the same time.
 */
export class CachedObject {
  readonly kind: ServedKind;
  /** `ns/name`, or `name`. */
  readonly key: string;
  readonly revision: number;
  /** JSON as clients get it: resourceVersion inside, a newline at the end. */
  readonly bytes: Buffer;
  #labels: Readonly<Record<string, string>> | undefined;
  /** undefined until somebody asks for labels or fields of an object that came unread. */
  #fields: readonly string[] | undefined;
  #shared: WeakRef<ApiObject> | undefined;

  constructor(kind: ServedKind, key: string, revision: number, bytes: Buffer, labels?: Readonly<Record<string, string>>, fields?: readonly string[]) {
    this.kind = kind;
    this.key = key;
    this.revision = revision;
    this.bytes = bytes;
    this.#labels = labels;
    this.#fields = fields;
  }

  /** From what the store holds (no resourceVersion inside). */
  static fromStore(kind: ServedKind, key: string, revision: number, stored: Uint8Array): CachedObject {
    const object = parseObject(utf8(stored)) as ApiObject;
    return CachedObject.of(kind, key, revision, withResourceVersion(stored, revision), object);
  }

  /** From what the store holds, decoded only when somebody asks for more than its bytes: for what is read and let go. */
  static unread(kind: ServedKind, key: string, revision: number, stored: Uint8Array): CachedObject {
    return new CachedObject(kind, key, revision, withResourceVersion(stored, revision));
  }

  /** From bytes that a write has just made, whose object is at hand. */
  static of(kind: ServedKind, key: string, revision: number, bytes: Buffer, object: ApiObject): CachedObject {
    const labels = object.metadata.labels;
    return new CachedObject(kind, key, revision, bytes, labels === undefined ? undefined : { ...labels }, kind.fieldValues(object));
  }

  get labels(): Readonly<Record<string, string>> | undefined {
    if (this.#fields === undefined) this.#read();
    return this.#labels;
  }

  /** Values of `kind.selectable`, in that order. */
  get fields(): readonly string[] {
    return this.#fields ?? this.#read();
  }

  #read(): readonly string[] {
    const object = this.copy();
    this.#labels = object.metadata.labels;
    this.#fields = this.kind.fieldValues(object);
    return this.#fields;
  }

  get namespace(): string {
    const slash = this.key.indexOf("/");
    return this.kind.entry.namespaced && slash >= 0 ? this.key.slice(0, slash) : "";
  }

  get name(): string {
    return this.kind.entry.namespaced ? this.key.slice(this.key.indexOf("/") + 1) : this.key;
  }

  /** The JSON without its newline, as it stands inside lists and watch frames. */
  get json(): Buffer {
    return this.bytes.subarray(0, -1);
  }

  /** The decoded object, frozen. */
  object(): ApiObject {
    const shared = this.#shared?.deref();
    if (shared !== undefined) return shared;
    const object = deepFreeze(this.copy());
    this.#shared = new WeakRef(object);
    return object;
  }

  /** A decoded copy that the caller may change, but for the fieldsV1 of its managers. */
  copy(): ApiObject {
    const text = utf8(this.bytes);
    // Integers beyond 2^53 are bigint, as when they were decoded first; JSON.parse would round them.
    return LONG_NUMBER.test(text) ? decodeJson(this.kind.definition, text, "Ignore").object : (parseObject(text) as ApiObject);
  }

  /** Makes known what `object` would decode: it must be just that, frozen. Kept as long as anybody holds it. */
  share(object: ApiObject): void {
    this.#shared = new WeakRef(object);
  }

  /** The same object as it is shown in the event of its deletion. */
  deletedAt(revision: number): CachedObject {
    const deleted = new CachedObject(this.kind, this.key, revision, replaceResourceVersion(this.bytes, this.revision, revision), this.#labels, this.#fields);
    const object = this.#shared?.deref();
    if (object !== undefined) deleted.share(atRevision(object, revision));
    return deleted;
  }

  /** A selectable field's value as text; metadata.name and metadata.namespace are there for every kind. */
  field(name: string): string {
    if (name === "metadata.name") return this.name;
    if (name === "metadata.namespace") return this.namespace;
    return this.fields[this.kind.selectable.indexOf(name)] ?? "";
  }
}

/** The decoded object of the same bytes but for their resourceVersion, frozen. */
export function atRevision(object: ApiObject, revision: number): ApiObject {
  return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
