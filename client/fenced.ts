import { type Client, ConnectionError } from "./client.ts";
import type { Leadership } from "./leader-election.ts";

/**
 * A client whose writes are refused once leadership has ended (ConnectionError, nothing sent), and given up when it ends while they are
 * under way. Reads pass.
 */
export function fencedClient(client: Client, leadership: Leadership): Client {
  const guard = <O extends { readonly signal?: AbortSignal }>(options: O | undefined): O => {
    if (!leadership.holds()) throw new ConnectionError("not the leader any more: the write is not sent", { outcomeUnknown: false });
    return { ...options, signal: options?.signal ? AbortSignal.any([options.signal, leadership.signal]) : leadership.signal } as O;
  };
  return {
    get: (resource, key, options) => client.get(resource, key, options),
    list: (resource, options, signal) => client.list(resource, options, signal),
    watch: (resource, options, signal) => client.watch(resource, options, signal),
    request: (request) => client.request(request),
    create: async (resource, object, options) => client.create(resource, object, guard(options)),
    createSubresource: async (resource, key, subresource, body, options) => client.createSubresource(resource, key, subresource, body, guard(options)),
    update: async (resource, object, options) => client.update(resource, object, guard(options)),
    patch: async (resource, key, type, patch, options) => client.patch(resource, key, type, patch, guard(options)),
    delete: async (resource, key, options) => client.delete(resource, key, guard(options)),
    deleteCollection: async (resource, list, options) => client.deleteCollection(resource, list, guard(options)),
    close: () => client.close(),
  };
}
