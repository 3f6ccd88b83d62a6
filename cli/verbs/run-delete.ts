import type { Session } from "../api/session.ts";
import { readManifests } from "../api/manifests.ts";
import { parseTargets } from "../api/targets.ts";
import { UserError } from "../user-error.ts";
import { deleteObjects, type DeleteTarget } from "./delete.ts";

/** The options of `berth delete` as the command line gives them. */
export interface DeleteCommandOptions {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly selector?: string;
  readonly all?: boolean;
  readonly gracePeriod?: number;
  readonly now?: boolean;
  readonly force?: boolean;
  readonly cascade: string;
  readonly wait?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly dryRun?: boolean;
}

const CASCADES = { background: "Background", foreground: "Foreground", orphan: "Orphan" } as const;

/** `berth delete`: finds what is meant, then deletes it. @throws UserError */
export async function runDelete(session: Session, words: readonly string[], options: DeleteCommandOptions, stdin: () => string, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const propagationPolicy = CASCADES[options.cascade as keyof typeof CASCADES];
  if (propagationPolicy === undefined) throw new UserError(`--cascade ${options.cascade}: write background, foreground or orphan`, 2);
  const grace_s = options.gracePeriod ?? (options.now ? 1 : options.force ? 0 : undefined);
  if (grace_s === 0 && !options.force) throw new UserError("--grace-period=0 removes the object without word from its node; add --force if that is meant", 2);
  const targets = options.filename === undefined ? await namedTargets(session, words, options) : await fileTargets(session, options, stdin);
  if (targets.length === 0) say("No resources found");
  const dryRun = options.dryRun === true ? { dryRun: true } : {};
  await deleteObjects(
    session,
    targets,
    {
      wait: options.wait !== false && options.dryRun !== true,
      ignoreNotFound: options.ignoreNotFound === true,
      options: { propagationPolicy, ...(grace_s === undefined ? {} : { gracePeriodSeconds: grace_s }), ...dryRun },
      say,
    },
    signal,
  );
}

/** What files name, the last first: a namespace goes after what is in it. */
async function fileTargets(session: Session, options: DeleteCommandOptions, stdin: () => string): Promise<DeleteTarget[]> {
  const mapper = await session.mapper();
  return readManifests(options.filename ?? [], options.recursive === true, stdin)
    .reverse()
    .map(({ object }) => {
      const resource = mapper.byKind(object.apiVersion, object.kind);
      return { resource, key: { namespace: resource.namespaced ? (object.metadata.namespace ?? session.namespace) : undefined, name: object.metadata.name ?? "" } };
    });
}

async function namedTargets(session: Session, words: readonly string[], options: DeleteCommandOptions): Promise<DeleteTarget[]> {
  if (words.length === 0) throw new UserError("name what to delete: TYPE NAME, TYPE/NAME, or -f FILE", 2);
  const found: DeleteTarget[] = [];
  for (const { resource, name } of parseTargets(words, await session.mapper())) {
    const namespace = resource.namespaced ? session.namespace : undefined;
    if (name !== undefined) {
      found.push({ resource, key: { namespace, name } });
      continue;
    }
    if (!options.all && options.selector === undefined) throw new UserError(`name the ${resource.resource} to delete, or give --all or a selector (-l)`, 2);
    const list = await session.client.list(resource, { ...(namespace === undefined ? {} : { namespace }), ...(options.selector === undefined ? {} : { labelSelector: options.selector }) });
    found.push(...list.items.map((one) => ({ resource, key: { namespace, name: one.metadata.name ?? "" } })));
  }
  return found;
}
