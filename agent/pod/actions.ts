import type { Pod } from "../../api/wire.ts";
import type { EventText } from "../../client/event-recorder.ts";

/** What the worker is to do; each action's end is a new event for the machine. */
export type Action =
  | { readonly type: "event"; readonly event: EventText }
  /** Volumes, the pod's folders and its cgroup. */
  | { readonly type: "prepare" }
  | { readonly type: "create-sandbox"; readonly attempt: number }
  | { readonly type: "stop-sandbox"; readonly id: string }
  /** Image, create, start, postStart hook. */
  | { readonly type: "start-container"; readonly name: string; readonly attempt: number; readonly sandboxId: string }
  | {
      readonly type: "stop-container";
      readonly id: string;
      readonly name: string;
      /** Seconds from now to SIGKILL, preStop hook included. */
      readonly grace_s: number;
      /** Of the Killing event; empty: there was one already. */
      readonly message: string;
      /** Stopped only once these have ended (or the grace is used up): sidecars outlive what they serve. */
      readonly after: readonly string[];
    }
  /** Limits of the pod and of containers that run. */
  | { readonly type: "resize"; readonly from: Pod; readonly containers: readonly { readonly name: string; readonly id: string }[] }
  /** The runtime is to forget these: all containers are about to be started anew. */
  | { readonly type: "remove-containers"; readonly ids: readonly string[] }
  /** Containers, sandboxes, volumes and cgroup of a pod of which nothing runs; logs stay while the API server has the pod. */
  | { readonly type: "clean-up" };
