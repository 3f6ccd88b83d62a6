import test from "ava";
import fc from "fast-check";
import { type ServersOn, STORES, startServersOn } from "../../testing/both-stores.ts";
import { type Json, TestClient, type TestResponse } from "../../testing/test-client.ts";

const APPLY = "application/apply-patch+yaml";
const MANAGERS = ["m1", "m2", "m3"];
const KEYS = ["a", "b", "c"];

type Values = Record<string, string>;
type Step =
  | { readonly type: "apply"; readonly manager: string; readonly values: Values; readonly force: boolean }
  | { readonly type: "patch" | "put"; readonly manager: string; readonly values: Record<string, string | null> };

const manager = fc.constantFrom(...MANAGERS);
const value = fc.constantFrom("1", "2");
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant("apply" as const), manager, values: fc.dictionary(fc.constantFrom(...KEYS), value), force: fc.boolean() }),
    fc.record({ type: fc.constantFrom("patch" as const, "put" as const), manager, values: fc.dictionary(fc.constantFrom(...KEYS), fc.option(value)) }),
  ),
  { minLength: 4, maxLength: 12 },
);

/** Who owns what, as the documentation says it: a map of values and, for each, the set of its owners (`Apply m1`, `Update m2`). */
class Model {
  readonly values = new Map<string, string>();
  readonly owners = new Map<string, Set<string>>(KEYS.map((key) => [key, new Set()]));

  /** The keys in conflict with others, by owner; none: it is done. */
  apply(name: string, values: Values, force: boolean): string[] {
    const me = `Apply ${name}`;
    const changed = Object.keys(values).filter((key) => this.values.get(key) !== values[key]);
    const conflicts = changed.filter((key) => this.values.has(key)).flatMap((key) => [...this.#ownersOf(key)].filter((owner) => owner !== me).map((owner) => `${owner} ${key}`));
    if (conflicts.length > 0 && !force) return conflicts;
    for (const key of changed) {
      this.owners.set(key, new Set());
      this.values.set(key, values[key] as string);
    }
    for (const key of KEYS) {
      if (key in values) this.#ownersOf(key).add(me);
      else if (this.#ownersOf(key).delete(me) && this.#ownersOf(key).size === 0) this.values.delete(key);
    }
    return [];
  }

  update(name: string, values: Record<string, string | null>): void {
    for (const [key, wanted] of Object.entries(values)) {
      if ((this.values.get(key) ?? null) === wanted) continue;
      this.owners.set(key, wanted === null ? new Set() : new Set([`Update ${name}`]));
      if (wanted === null) this.values.delete(key);
      else this.values.set(key, wanted);
    }
  }

  #ownersOf(key: string): Set<string> {
    return this.owners.get(key) as Set<string>;
  }

  get state(): unknown {
    return { values: Object.fromEntries([...this.values].sort()), owners: Object.fromEntries([...this.owners].map(([key, owners]) => [key, [...owners].sort()])) };
  }
}

for (const kind of STORES) {
  let servers: ServersOn;
  let client: TestClient;
  let counter = 0;

  test.serial.before(`${kind}: start`, async () => {
    servers = await startServersOn(kind);
    client = new TestClient(servers.server);
  });

  test.after.always(`${kind}: stop`, async () => {
    client?.close();
    await servers?.stop();
  });

  const run = async (path: string, step: Step, current: Json): Promise<TestResponse> => {
    const base = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: path.slice(path.lastIndexOf("/") + 1) } };
    const query = `?fieldManager=${step.manager}`;
    // An empty map would be something to own, as a whole.
    const said = Object.keys(step.values).length === 0 ? {} : { data: step.values };
    if (step.type === "apply") return await client.patch(`${path}${query}&force=${step.force}`, { ...base, ...said }, APPLY);
    if (step.type === "patch") return await client.patch(`${path}${query}`, { data: step.values });
    const data = { ...current.data, ...step.values };
    for (const [key, wanted] of Object.entries(step.values)) if (wanted === null) delete data[key];
    return await client.put(`${path}${query}`, { ...current, data });
  };

  test.serial(`${kind}: whatever three managers apply and write, everyone owns what he said last unless it was taken`, async (t) => {
    await fc.assert(
      fc.asyncProperty(steps, async (made) => {
        const path = `/api/v1/namespaces/default/configmaps/own-${counter++}`;
        // Somebody always owns something: an object that nobody applied to is not tracked, and a map that loses all becomes a value of its own (managed-fields.test.ts).
        await client.patch(`${path}?fieldManager=keeper`, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: path.slice(path.lastIndexOf("/") + 1) }, data: { kept: "1" } }, APPLY);
        const model = new Model();
        let current = (await client.get(path)).body;
        for (const step of made) {
          const conflicts = step.type === "apply" ? model.apply(step.manager, step.values, step.force) : [];
          if (step.type !== "apply") model.update(step.manager, step.values);
          const answer = await run(path, step, current);
          t.is(answer.status, conflicts.length > 0 ? 409 : 200, answer.text);
          if (conflicts.length > 0) t.deepEqual(conflictsOf(answer.body), conflicts.sort());
          const next = (await client.get(path)).body;
          t.deepEqual(stateOf(next), model.state);
          if (conflicts.length > 0) t.deepEqual(next, current);
          else t.deepEqual(next, answer.body);
          current = next;
        }
      }),
      { numRuns: 60 },
    );
  });
}

/** `Apply m1 a`, `Update m2 b`. */
function conflictsOf(status: Json): string[] {
  return status.details.causes
    .map(({ message, field }: Json) => {
      const [, name, using] = /^conflict with "(.*?)"( using v1)?$/.exec(message) ?? [];
      return `${using === undefined ? "Apply" : "Update"} ${name} ${field.replace(".data.", "")}`;
    })
    .sort();
}

function stateOf(object: Json): unknown {
  const owned = (key: string): string[] =>
    object.metadata.managedFields.filter((entry: Json) => entry.fieldsV1["f:data"]?.[`f:${key}`] !== undefined).map((entry: Json) => `${entry.operation} ${entry.manager}`);
  return { values: Object.fromEntries(Object.entries(object.data ?? {}).filter(([key]) => key !== "kept").sort()), owners: Object.fromEntries(KEYS.map((key) => [key, owned(key).sort()])) };
}
