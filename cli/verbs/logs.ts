import { pathOf, pods } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import { containerOf, podsOf } from "../api/pods-of.ts";
import type { Session } from "../api/session.ts";
import { parseDuration_s } from "../options.ts";
import type { Output } from "./get.ts";

export interface LogsOptions {
  readonly container: string | undefined;
  readonly allContainers: boolean;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tail: number | undefined;
  readonly since: string | undefined;
  readonly prefix: boolean;
}

/** `berth logs POD|TYPE/NAME`: one container's log, or (with allContainers) each one's after another, together when following. */
export async function logs(session: Session, words: readonly string[], options: LogsOptions, output: Output, signal: AbortSignal): Promise<void> {
  const [pod] = await podsOf(session, words);
  if (pod === undefined) return;
  const containers = options.allContainers ? [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map((one) => one.name) : [containerOf(pod, options.container)];
  const streams = containers.map((container) => () => copyLog(session, pod, container, options, output, signal));
  if (options.follow) await Promise.all(streams.map((stream) => stream()));
  else for (const stream of streams) await stream();
}

async function copyLog(session: Session, pod: Pod, container: string, options: LogsOptions, output: Output, signal: AbortSignal): Promise<void> {
  const query = new URLSearchParams({ container });
  if (options.follow) query.set("follow", "true");
  if (options.previous) query.set("previous", "true");
  if (options.timestamps) query.set("timestamps", "true");
  if (options.tail !== undefined) query.set("tailLines", String(options.tail));
  if (options.since !== undefined) query.set("sinceSeconds", String(Math.ceil(parseDuration_s("since", options.since))));
  const path = `${pathOf(pods, { namespace: pod.metadata.namespace, name: pod.metadata.name ?? "", subresource: "log" })}?${query}`;
  const { chunks } = await session.client.request({ path, headers: { accept: "*/*" }, signal });
  const decoder = new TextDecoder();
  let atLineStart = true;
  const label = `[pod/${pod.metadata.name}/${container}] `;
  try {
    for await (const chunk of chunks) {
      const text = decoder.decode(chunk, { stream: true });
      if (!options.prefix) output.out(text);
      else {
        output.out((atLineStart ? label : "") + text.replace(/\n(?=.)/gs, `\n${label}`));
        atLineStart = text.endsWith("\n");
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
