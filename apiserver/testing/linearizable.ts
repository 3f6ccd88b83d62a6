/** One event of a watch from the very beginning: the history that all else is held against. */
export interface HistoryEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly name: string;
  readonly version: number;
  readonly uid: string;
  readonly data: Readonly<Record<string, string>>;
}

interface Timed {
  /** Number of the operation: what it writes says so. */
  readonly id: number;
  /** One clock for all clients, counted in sends and answers. */
  readonly started: number;
  readonly ended: number;
}

/** What a client did and was told. `unknown`: its answer was lost. */
export type Operation = Timed &
  (
    | { readonly type: "create"; readonly name: string; readonly result: { readonly version: number } | "exists" | "unknown" }
    /** All data replaced; `precondition` is a resourceVersion. */
    | { readonly type: "update"; readonly name: string; readonly precondition: number | undefined; readonly result: { readonly version: number } | "conflict" | "absent" | "unknown" }
    /** One key added. */
    | { readonly type: "patch"; readonly name: string; readonly result: { readonly version: number } | "absent" | "unknown" }
    | { readonly type: "delete"; readonly name: string; readonly precondition: number | undefined; readonly result: { readonly uid: string } | "conflict" | "absent" | "unknown" }
    | { readonly type: "get"; readonly name: string; readonly result: { readonly version: number } | "absent" | "unknown" }
    | { readonly type: "list"; readonly result: { readonly version: number; readonly versions: ReadonlyMap<string, number> } | "unknown" }
  );

/** A state of one object: from the event that made it until the next. */
interface State {
  readonly from: number;
  readonly to: number;
  /** undefined: it is not there. */
  readonly event: HistoryEvent | undefined;
}

/**
 * What is wrong with these operations if the store is linearizable and this is its history; nothing: []. Writes are
 * ordered by their versions, so the check is exact for them, and takes time that grows with operations × operations.
 */
export function violations(history: readonly HistoryEvent[], operations: readonly Operation[]): string[] {
  return new Checker(history, operations).run();
}

class Checker {
  readonly #history: readonly HistoryEvent[];
  readonly #operations: readonly Operation[];
  readonly #states = new Map<string, State[]>();
  /** The version at which an operation took place, or the least at which it can have. */
  readonly #places = new Map<number, number>();
  readonly #found: string[] = [];

  constructor(history: readonly HistoryEvent[], operations: readonly Operation[]) {
    this.#history = history;
    this.#operations = operations;
  }

  run(): string[] {
    this.#readHistory();
    this.#matchWrites();
    for (const operation of this.#operations) this.#checkTime(operation);
    for (const operation of this.#operations) this.#checkResult(operation);
    return this.#found;
  }

  #report(what: string, about: unknown): void {
    this.#found.push(`${what}: ${JSON.stringify(about, (_key, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value))}`);
  }

  #readHistory(): void {
    let last = 0;
    for (const event of this.#history) {
      if (event.version <= last) this.#report("the history goes back", event);
      last = event.version;
      const states = this.#statesOf(event.name);
      const before = states.pop() as State;
      const isThere = before.event !== undefined;
      if (isThere !== (event.type !== "ADDED")) this.#report(`${event.type} of what is ${isThere ? "" : "not "}there`, event);
      if (isThere && before.event?.uid !== event.uid) this.#report("another object under the name", event);
      states.push({ ...before, to: event.version }, { from: event.version, to: Number.POSITIVE_INFINITY, event: event.type === "DELETED" ? undefined : event });
    }
  }

  #statesOf(name: string): State[] {
    let states = this.#states.get(name);
    if (states === undefined) {
      states = [{ from: 0, to: Number.POSITIVE_INFINITY, event: undefined }];
      this.#states.set(name, states);
    }
    return states;
  }

  #before(event: HistoryEvent): HistoryEvent | undefined {
    return this.#statesOf(event.name).find(({ to }) => to === event.version)?.event;
  }

  /** Every write that was acknowledged is in the history, as what it was, and nothing else is. */
  #matchWrites(): void {
    const byId = new Map<number, HistoryEvent>();
    const byUid = new Map(this.#history.filter(({ type }) => type === "DELETED").map((event) => [event.uid, event]));
    for (const event of this.#history) if (event.type !== "DELETED") byId.set(writerOf(event, this.#before(event)), event);
    const explained = new Set<HistoryEvent>();
    const lost = this.#operations.some((operation) => operation.type === "delete" && operation.result === "unknown");
    for (const operation of this.#operations) {
      if (operation.type === "get" || operation.type === "list" || typeof operation.result === "string") {
        const own = operation.result === "unknown" ? byId.get(operation.id) : undefined;
        if (own !== undefined) explained.add(own);
        continue;
      }
      const event = "uid" in operation.result ? byUid.get(operation.result.uid) : byId.get(operation.id);
      if (event === undefined || event.name !== operation.name || ("version" in operation.result && event.version !== operation.result.version)) {
        this.#report("an acknowledged write is not in the history", operation);
        continue;
      }
      explained.add(event);
      this.#places.set(operation.id, event.version);
      this.#checkWrite(operation, event);
    }
    for (const event of this.#history) if (!explained.has(event) && !(lost && event.type === "DELETED")) this.#report("nobody wrote this", event);
  }

  #checkWrite(operation: Operation, event: HistoryEvent): void {
    const before = this.#before(event);
    const wanted = operation.type === "create" ? "ADDED" : operation.type === "delete" ? "DELETED" : "MODIFIED";
    if (event.type !== wanted) this.#report(`a ${operation.type} made ${event.type}`, event);
    if ("precondition" in operation && operation.precondition !== undefined && before?.version !== operation.precondition) this.#report("a precondition did not hold", operation);
    const kept = operation.type === "patch" || operation.type === "delete" ? { ...before?.data } : {};
    const data = operation.type === "delete" ? kept : { ...kept, [`k${operation.id}`]: "1" };
    if (!sameMap(event.data, data)) this.#report("the history has other data than was written", { operation, event });
  }

  /** Operations that followed one another took place in this order. */
  #checkTime(operation: Operation): void {
    const place = this.#places.get(operation.id);
    if (place === undefined) return;
    const { lower } = this.#window(operation);
    if (place <= lower) this.#report(`it took place at ${place}, after it was seen that ${lower} had been`, operation);
  }

  /** Between which versions it can have taken place: at `lower` or later, before `upper`. */
  #window(operation: Operation): { lower: number; upper: number } {
    let [lower, upper] = [0, Number.POSITIVE_INFINITY];
    for (const other of this.#operations) {
      if (other.ended < operation.started) lower = Math.max(lower, this.#places.get(other.id) ?? seenBy(other));
      if (other.started > operation.ended) upper = Math.min(upper, this.#places.get(other.id) ?? upper);
    }
    return { lower, upper };
  }

  #checkResult(operation: Operation): void {
    const { result } = operation;
    if (result === "unknown") return;
    const window = this.#window(operation);
    if (operation.type === "list") return this.#checkList(operation, window);
    const { name } = operation;
    if (result === "absent" && !this.#was(name, window, (event) => event === undefined)) this.#report("it was there all the time", operation);
    if (result === "exists" && !this.#was(name, window, (event) => event !== undefined)) this.#report("it was not there at any time", operation);
    if (result === "conflict" && !this.#was(name, window, (event) => event?.version !== (operation as { precondition: number }).precondition)) this.#report("nobody was in the way", operation);
    if (operation.type === "get" && typeof result === "object" && !this.#was(name, window, (event) => event?.version === (result as { version: number }).version)) this.#report("this was not so at any time", operation);
  }

  #checkList(operation: Operation & { type: "list" }, { lower, upper }: { lower: number; upper: number }): void {
    if (typeof operation.result === "string") return;
    const { version, versions } = operation.result;
    if (version < lower || version >= upper) this.#report(`a list of ${version} between ${lower} and ${upper}`, operation);
    const wanted = new Map<string, number>();
    for (const [name, states] of this.#states) {
      const event = states.findLast(({ from }) => from <= version)?.event;
      if (event !== undefined) wanted.set(name, event.version);
    }
    if (!sameMap(Object.fromEntries(wanted), Object.fromEntries(versions))) this.#report("a list of no one state", { operation, wanted });
  }

  #was(name: string, { lower, upper }: { lower: number; upper: number }, test: (event: HistoryEvent | undefined) => boolean): boolean {
    return this.#statesOf(name).some(({ from, to, event }) => Math.max(from, lower) < Math.min(to, upper) && test(event));
  }
}

/** The version that an operation certainly has seen. */
function seenBy(operation: Operation): number {
  return (operation.type === "get" || operation.type === "list") && typeof operation.result === "object" ? operation.result.version : 0;
}

/** The operation that wrote this: it added a key of its number. */
function writerOf(event: HistoryEvent, before: HistoryEvent | undefined): number {
  const added = Object.keys(event.data).filter((key) => event.type === "ADDED" || before?.data[key] === undefined);
  return added.length === 1 ? Number(added[0]?.slice(1)) : Number.NaN;
}

function sameMap(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
