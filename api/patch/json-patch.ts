import { requestEntityTooLarge, StatusError } from "../status/errors.ts";
import { cloneJson, equalJson, hasMember, isMap, memberOf, setMember } from "./json-value.ts";

/** Kubernetes' bound on the operations of one patch. */
export const MAX_JSON_PATCH_OPERATIONS = 10_000;
/** Bound on what all copies of one patch add, bytes of JSON. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

export interface JsonPatchOperation {
  readonly op?: string;
  readonly path?: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** An operation cannot be done: the whole patch is refused. */
class OperationError extends Error {}

/**
 * Applies an RFC 6902 patch to a copy of the document, with the leniencies of the library that Kubernetes uses: -1 is
 * the last item, a path's text before its first slash is passed over, a copy of nothing is null.
 * `touched` collects the containers that were changed or walked through.
 * @throws StatusError 413 too many operations, 422 not applicable
 */
export function applyJsonPatch(document: unknown, patch: readonly JsonPatchOperation[], touched = new WeakSet<object>()): unknown {
  if (patch.length > MAX_JSON_PATCH_OPERATIONS) {
    throw requestEntityTooLarge(`The allowed maximum operations in a JSON patch is ${MAX_JSON_PATCH_OPERATIONS}, got ${patch.length}`);
  }
  const patcher = new Patcher(cloneJson(document), touched);
  try {
    for (const operation of patch) patcher.apply(operation);
  } catch (error) {
    if (error instanceof OperationError) throw unprocessable();
    throw error;
  }
  return patcher.document;
}

/** The 422 that says nothing: what Kubernetes answers when an operation does not fit. */
function unprocessable(): StatusError {
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "the server rejected our request due to an error in our request",
    reason: "Invalid",
    details: {},
    code: 422,
  });
}

class Patcher {
  document: unknown;
  readonly #touched: WeakSet<object>;
  #copied_bytes = 0;

  constructor(document: unknown, touched: WeakSet<object>) {
    this.document = document;
    this.#touched = touched;
    this.#touch(document);
  }

  apply(operation: JsonPatchOperation): void {
    const { op, path, from } = operation;
    if (path === undefined) throw new OperationError("the operation has no path");
    const value = cloneJson(operation.value ?? null);
    switch (op) {
      case "add":
        return this.#place(path).add(value);
      case "remove":
        this.#place(path).remove();
        return;
      case "replace":
        if (path === "") this.document = value;
        else this.#place(path).replace(value);
        return;
      case "move": {
        const moved = this.#place(requiredFrom(from)).remove();
        return this.#place(path).add(moved);
      }
      case "copy":
        return this.#place(path).add(this.#copyOf(this.#place(requiredFrom(from)).get() ?? null));
      case "test": {
        const current = path === "" ? this.document : this.#place(path).get();
        if (!equalJson(current ?? null, value)) throw new OperationError("the test failed");
        return;
      }
      default:
        throw new OperationError("the operation is unknown");
    }
  }

  #touch(value: unknown): void {
    if (value !== null && typeof value === "object") this.#touched.add(value);
  }

  #copyOf(value: unknown): unknown {
    this.#copied_bytes += Buffer.byteLength(JSON.stringify(value));
    if (this.#copied_bytes > MAX_COPIED_BYTES) throw new OperationError("the copies are too large");
    return cloneJson(value);
  }

  /** The container that the path's last part lies in. */
  #place(path: string): Place {
    const parts = path.split("/");
    const last = parts.pop();
    if (last === undefined || parts.length === 0) throw new OperationError("the path has no slash");
    let container = this.document;
    for (const part of parts.slice(1)) {
      container = placeIn(container, unescapePart(part)).get();
      this.#touch(container);
    }
    return placeIn(container, unescapePart(last));
  }
}

function requiredFrom(from: string | undefined): string {
  if (from === undefined) throw new OperationError("the operation has no from");
  return from;
}

function unescapePart(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** One member of an object or item of a list. */
interface Place {
  get(): unknown;
  add(value: unknown): void;
  replace(value: unknown): void;
  remove(): unknown;
}

function placeIn(container: unknown, key: string): Place {
  if (Array.isArray(container)) return itemPlace(container, key);
  if (isMap(container)) return memberPlace(container, key);
  throw new OperationError("the path leads through a value that holds nothing");
}

function memberPlace(map: Record<string, unknown>, key: string): Place {
  const required = () => {
    if (!hasMember(map, key)) throw new OperationError("the member is missing");
  };
  return {
    get: () => memberOf(map, key),
    add: (value) => setMember(map, key, value),
    // Kubernetes' library replaces what is not there, too.
    replace: (value) => setMember(map, key, value),
    remove: () => {
      required();
      const value = map[key];
      delete map[key];
      return value;
    },
  };
}

function itemPlace(list: unknown[], key: string): Place {
  // An index that counts from the end, as far as the list reaches.
  const index = (length: number): number => {
    if (!/^[+-]?[0-9]{1,9}$/.test(key)) throw new OperationError("the index is no number");
    const given = Number(key);
    const at = given < 0 ? given + length : given;
    if (at < 0 || at >= length) throw new OperationError("the index is out of the list");
    return at;
  };
  return {
    get: () => list[index(list.length)],
    add: (value) => {
      list.splice(key === "-" ? list.length : index(list.length + 1), 0, value);
    },
    replace: (value) => {
      list[index(list.length)] = value;
    },
    remove: () => list.splice(index(list.length), 1)[0],
  };
}
