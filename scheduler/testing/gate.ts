import type { Client } from "../../client/client.ts";

/** Holds back what passes through it until somebody lets it go, one by one in any order: the interleaving is the test's to choose. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #open = false;

  get waiting(): number {
    return this.#waiting.length;
  }

  pass(): Promise<void> {
    if (this.#open) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets one go. */
  release(index: number): void {
    this.#waiting.splice(index % Math.max(1, this.#waiting.length), 1)[0]?.();
  }

  /** Nothing is held back any more. */
  open(): void {
    this.#open = true;
    for (const go of this.#waiting.splice(0)) go();
  }
}

/** The client, its bindings held back before they are sent and their answers before they are seen, and every batch of its watches. */
export function gatedClient(client: Client, gate: Gate): Client {
  return {
    get: client.get.bind(client),
    list: client.list.bind(client),
    request: client.request.bind(client),
    create: client.create.bind(client),
    update: client.update.bind(client),
    patch: client.patch.bind(client),
    delete: client.delete.bind(client),
    deleteCollection: client.deleteCollection.bind(client),
    close: client.close.bind(client),
    async *watch(resource, options, signal) {
      for await (const batch of client.watch(resource, options, signal)) {
        await gate.pass();
        yield batch;
      }
    },
    async createSubresource(resource, key, subresource, body, options) {
      await gate.pass();
      // Whoever has been killed meanwhile has sent it all the same.
      const { signal: _, ...rest } = options ?? {};
      const answer = client.createSubresource(resource, key, subresource, body, rest);
      await answer.catch(() => undefined);
      await gate.pass();
      return (await answer) as never;
    },
  };
}
