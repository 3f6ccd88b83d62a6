import type { ExecutionContext } from "ava";
import { type CriClient, isCriCode } from "../../agent/cri/cri-client.ts";
import type { Init, Message } from "../vocabulary.ts";

/** A runtime for one test, and what the suite needs to use it. */
export interface RuntimeUnderTest {
  readonly client: CriClient;
  /** An image with a shell. */
  readonly image: string;
  /** Parent of pods' cgroups; empty for none. */
  readonly cgroupParent: string;
  /** A folder for logs. */
  readonly logDir: string;
  stop(): Promise<void>;
}

/** What the suite's containers do; a runtime without processes recognises them by these words. */
export const PROGRAMS = {
  endsWith7: "exit 7",
  obeysTerm: "trap 'exit 3' TERM; while :; do sleep 0.05; done",
  isDeaf: "trap '' TERM; while :; do sleep 0.05; done",
  absent: "/no/such/program",
} as const;

type Event = Message<"ContainerEventResponse">;

let names = 0;

/** `test` or `test.serial`. */
export type TestCase = (title: string, body: (t: ExecutionContext) => Promise<void>) => void;

/** What the agent builds upon, whatever the runtime: run by every implementation. */
export function runtimeConformance(test: TestCase, label: string, start: () => Promise<RuntimeUnderTest>): void {
  const check = (title: string, body: (t: ExecutionContext, bench: Bench) => Promise<void>) =>
    test(`${label}: ${title}`, async (t) => {
      const runtime = await start();
      try {
        await body(t, new Bench(runtime));
      } finally {
        await runtime.stop();
      }
    });

  check("says what it is, and that it is ready", async (t, { runtime }) => {
    const version = await runtime.Version({ version: "v1" });
    t.is(version.runtimeApiVersion, "v1");
    t.not(version.runtimeName, "");
    const { status } = await runtime.Status({});
    t.deepEqual(status?.conditions.map((condition) => [condition.type, condition.status]), [["RuntimeReady", true], ["NetworkReady", true]]);
  });

  check("a sandbox is ready with an address, then down, then gone; each step may be repeated", async (t, bench) => {
    const id = await bench.sandbox({ labels: { a: "1" }, annotations: { b: "2" } });
    const up = (await bench.runtime.PodSandboxStatus({ podSandboxId: id })).status;
    t.is(up?.state, "SANDBOX_READY");
    t.regex(up?.network?.ip ?? "", /^\d+\.\d+\.\d+\.\d+$/);
    t.is(up?.labels["a"], "1");
    t.is(up?.annotations["b"], "2");
    const { items } = await bench.runtime.ListPodSandbox({});
    t.deepEqual(items.map((item) => [item.id, item.state]), [[id, "SANDBOX_READY"]]);
    for (let i = 0; i < 2; i++) await bench.runtime.StopPodSandbox({ podSandboxId: id });
    t.is((await bench.runtime.PodSandboxStatus({ podSandboxId: id })).status?.state, "SANDBOX_NOTREADY");
    for (let i = 0; i < 2; i++) await bench.runtime.RemovePodSandbox({ podSandboxId: id });
    t.true(isCriCode(await t.throwsAsync(bench.runtime.PodSandboxStatus({ podSandboxId: id })), "NotFound"));
  });

  check("a container is created, runs, and ends with its code; events tell each step", async (t, bench) => {
    const sandbox = await bench.sandbox();
    const events = bench.events();
    const id = await bench.create(sandbox, PROGRAMS.endsWith7, { metadata: { name: "c", attempt: 4 }, labels: { l: "1" }, annotations: { restarts: "4" } });
    const created = await bench.status(id);
    t.is(created?.state, "CONTAINER_CREATED");
    t.is(created?.metadata?.attempt, 4);
    t.deepEqual([created?.labels["l"], created?.annotations["restarts"]], ["1", "4"]);
    await bench.runtime.StartContainer({ containerId: id });
    const stopped = await events.until((event) => event.containerId === id && event.containerEventType === "CONTAINER_STOPPED_EVENT");
    t.is(stopped.podSandboxStatus?.id, sandbox);
    const told = stopped.containersStatuses.find((status) => status.id === id);
    t.deepEqual([told?.state, told?.exitCode], ["CONTAINER_EXITED", 7]);
    const ended = await bench.status(id);
    t.deepEqual([ended?.state, ended?.exitCode, ended?.reason], ["CONTAINER_EXITED", 7, "Error"]);
    t.true((ended?.startedAt ?? 0) > 0 && (ended?.finishedAt ?? 0) >= (ended?.startedAt ?? 0));
    const { containers } = await bench.runtime.ListContainers({});
    t.deepEqual(containers.map((container) => [container.id, container.podSandboxId, container.state]), [[id, sandbox, "CONTAINER_EXITED"]]);
    t.true(events.seen.some((event) => event.containerId === id && event.containerEventType === "CONTAINER_STARTED_EVENT"));
  });

  check("a container that obeys SIGTERM ends with its own code, a deaf one is killed when the time is over", async (t, bench) => {
    const sandbox = await bench.sandbox();
    const obeying = await bench.run(sandbox, PROGRAMS.obeysTerm);
    const deaf = await bench.run(sandbox, PROGRAMS.isDeaf);
    t.is((await bench.status(obeying))?.state, "CONTAINER_RUNNING");
    await bench.runtime.StopContainer({ containerId: obeying, timeout: 30 });
    t.is((await bench.status(obeying))?.exitCode, 3);
    await bench.runtime.StopContainer({ containerId: deaf, timeout: 1 });
    t.is((await bench.status(deaf))?.exitCode, 137);
    await bench.runtime.StopContainer({ containerId: deaf, timeout: 1 });
  });

  check("a command that is not there fails the start: the container has ended with StartError and 128", async (t, bench) => {
    const sandbox = await bench.sandbox();
    const { containerId } = await bench.runtime.CreateContainer({ podSandboxId: sandbox, config: { ...bench.config(""), command: [PROGRAMS.absent] }, sandboxConfig: {} });
    await t.throwsAsync(bench.runtime.StartContainer({ containerId }));
    const status = await bench.status(containerId);
    t.deepEqual([status?.state, status?.exitCode, status?.reason], ["CONTAINER_EXITED", 128, "StartError"]);
    t.not(status?.message, "");
  });

  check("stopping a sandbox ends its containers; removing it removes them", async (t, bench) => {
    const sandbox = await bench.sandbox();
    const id = await bench.run(sandbox, PROGRAMS.isDeaf);
    await bench.runtime.StopPodSandbox({ podSandboxId: sandbox });
    t.is((await bench.status(id))?.state, "CONTAINER_EXITED");
    await bench.runtime.RemovePodSandbox({ podSandboxId: sandbox });
    t.true(isCriCode(await t.throwsAsync(bench.runtime.ContainerStatus({ containerId: id })), "NotFound"));
    t.deepEqual((await bench.runtime.ListContainers({})).containers, []);
  });

  check("a running container can be removed; a second time does nothing", async (t, bench) => {
    const sandbox = await bench.sandbox();
    const id = await bench.run(sandbox, PROGRAMS.obeysTerm);
    for (let i = 0; i < 2; i++) await bench.runtime.RemoveContainer({ containerId: id });
    t.true(isCriCode(await t.throwsAsync(bench.runtime.ContainerStatus({ containerId: id })), "NotFound"));
  });

  check("a command runs in a container: its output and its code; not in one that has ended", async (t, bench) => {
    const sandbox = await bench.sandbox();
    const id = await bench.run(sandbox, PROGRAMS.obeysTerm);
    const answer = await bench.runtime.ExecSync({ containerId: id, cmd: ["sh", "-c", "echo out; exit 5"], timeout: 10 });
    t.deepEqual([answer.exitCode, Buffer.from(answer.stdout).toString()], [5, "out\n"]);
    await bench.runtime.StopContainer({ containerId: id, timeout: 5 });
    await t.throwsAsync(bench.runtime.ExecSync({ containerId: id, cmd: ["true"], timeout: 10 }));
  });

  check("an image that is there has an id and a user, one that is not has no status", async (t, { image, under }) => {
    const there = (await image.ImageStatus({ image: { image: under.image } })).image;
    t.not(there?.id ?? "", "");
    t.is((await image.ImageStatus({ image: { image: "localhost/no-such-image:1" } })).image, undefined);
    t.true((await image.ListImages({})).images.some((listed) => listed.id === there?.id));
  });
}

class Bench {
  readonly under: RuntimeUnderTest;

  constructor(under: RuntimeUnderTest) {
    this.under = under;
  }

  get runtime(): CriClient["runtime"] {
    return this.under.client.runtime;
  }

  get image(): CriClient["image"] {
    return this.under.client.image;
  }

  async sandbox(extra: Init<"PodSandboxConfig"> = {}): Promise<string> {
    const name = `pod-${++names}`;
    const cgroupParent = this.under.cgroupParent === "" ? "" : `${this.under.cgroupParent}/${name}`;
    const config = { metadata: { name, namespace: "default", uid: `uid-${name}`, attempt: 0 }, hostname: name, logDirectory: `${this.under.logDir}/${name}`, ...extra, linux: { cgroupParent, securityContext: {} } };
    return (await this.runtime.RunPodSandbox({ config })).podSandboxId;
  }

  config(script: string, extra: Init<"ContainerConfig"> = {}): Init<"ContainerConfig"> {
    const name = `c-${++names}`;
    return { metadata: { name, attempt: 0 }, image: { image: this.under.image }, command: ["/bin/sh", "-c", script], logPath: `${name}.log`, linux: { securityContext: { namespaceOptions: { pid: "CONTAINER" } } }, ...extra };
  }

  async create(sandbox: string, script: string, extra: Init<"ContainerConfig"> = {}): Promise<string> {
    return (await this.runtime.CreateContainer({ podSandboxId: sandbox, config: this.config(script, extra), sandboxConfig: {} })).containerId;
  }

  async run(sandbox: string, script: string): Promise<string> {
    const containerId = await this.create(sandbox, script);
    await this.runtime.StartContainer({ containerId });
    return containerId;
  }

  async status(containerId: string): Promise<Message<"ContainerStatus"> | undefined> {
    return (await this.runtime.ContainerStatus({ containerId })).status;
  }

  /** Begins to read events now. */
  events(): { readonly seen: Event[]; until(wanted: (event: Event) => boolean): Promise<Event> } {
    const stop = new AbortController();
    const seen: Event[] = [];
    let wake = () => {};
    const reading = (async () => {
      for await (const event of this.runtime.GetContainerEvents({}, { signal: stop.signal })) {
        seen.push(event);
        wake();
      }
    })();
    reading.catch(() => wake());
    return {
      seen,
      async until(wanted) {
        for (;;) {
          const found = seen.find(wanted);
          if (found !== undefined) {
            stop.abort();
            return found;
          }
          await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    };
  }
}
