import type { Message } from "../../cri/vocabulary.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { CriClient } from "../cri/cri-client.ts";
import type { RuntimeFacts } from "./node-object.ts";

const CHECK_MS = 5_000;
/** While something is missing it is looked for more often: pods wait for it. */
const RECHECK_MS = 200;
/** A runtime that is being restarted is away for a moment: only one that is away for longer makes the Node NotReady (as kubelet's 30 s). */
const OUTAGE_MS = 30_000;
/** Images change rarely: listed on every so many checks. */
const IMAGES_EVERY = 12;

const UNCHECKED = "container runtime status check may not have completed yet";

/** Asks the runtime how it is, and tells it the pod range. */
export class RuntimeMonitor {
  readonly #cri: CriClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onChange: () => void;
  #facts: RuntimeFacts = { name: "", version: "", handlers: [], supportsGroupsPolicy: false, images: [], problem: UNCHECKED };
  #networkProblem: string | undefined = UNCHECKED;
  #podCidr = "";
  #givenCidr: string | undefined;
  #checks = 0;
  #answered_ms = Number.NEGATIVE_INFINITY;
  #isAway = false;
  readonly #started_ms: number;
  #wake: (() => void) | undefined;

  /** `onChange`: whether pods can run has changed. */
  constructor(options: { cri: CriClient; clock: Clock; logger: Logger; onChange: () => void }) {
    this.#cri = options.cri;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#onChange = options.onChange;
    this.#started_ms = options.clock.monotonic_ms();
  }

  /** The runtime has answered, or has been away for so long that it counts as down. */
  get isKnown(): boolean {
    return this.#answered_ms !== Number.NEGATIVE_INFINITY || this.#facts.problem !== UNCHECKED;
  }

  get facts(): RuntimeFacts {
    return this.#facts;
  }

  /** Why pods have no network; undefined when they have. */
  get networkProblem(): string | undefined {
    return this.#networkProblem;
  }

  /** The Node's range, once the controllers have given it one. */
  setPodCidr(cidr: string): void {
    if (cidr === this.#podCidr) return;
    this.#podCidr = cidr;
    this.#wake?.();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#check(signal);
      await this.#pause(this.#facts.problem === undefined && !this.#isAway ? CHECK_MS : RECHECK_MS, signal);
    }
  }

  #pause(delay_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#clock.after(delay_ms, done);
      signal.addEventListener("abort", done, { once: true });
      this.#wake = done;
      if (signal.aborted) done();
    });
  }

  async #check(signal: AbortSignal): Promise<void> {
    const before = this.#facts.problem;
    try {
      if (this.#facts.name === "") await this.#readVersion(signal);
      if (this.#podCidr !== "" && this.#givenCidr !== this.#podCidr) await this.#giveCidr(signal);
      const answer = await this.#cri.runtime.Status({}, { signal, timeout_ms: CHECK_MS });
      const images = this.#checks % IMAGES_EVERY === 0 ? (await this.#cri.image.ListImages({}, { signal })).images : this.#facts.images;
      this.#checks++;
      this.#answered_ms = this.#clock.monotonic_ms();
      this.#isAway = false;
      this.#networkProblem = conditionProblem(answer, "NetworkReady", "container runtime network not ready");
      const problem = conditionProblem(answer, "RuntimeReady", "container runtime not ready") ?? this.#networkProblem;
      this.#facts = { ...this.#facts, handlers: answer.runtimeHandlers, supportsGroupsPolicy: answer.features?.supplementalGroupsPolicy ?? false, images, problem };
    } catch (error) {
      if (signal.aborted) return;
      // It may have been replaced by another: everything is asked anew.
      this.#givenCidr = undefined;
      this.#isAway = true;
      if (this.#clock.monotonic_ms() - Math.max(this.#answered_ms, this.#started_ms) < OUTAGE_MS) return;
      this.#facts = { ...this.#facts, name: this.#facts.name, problem: `container runtime is down: ${(error as Error).message}` };
    }
    if (before === this.#facts.problem) return;
    if (this.#facts.problem === undefined) this.#logger.info("the container runtime is ready");
    else this.#logger.warn({ problem: this.#facts.problem }, "pods cannot run now");
    this.#onChange();
  }

  async #readVersion(signal: AbortSignal): Promise<void> {
    const { runtimeName, runtimeVersion } = await this.#cri.runtime.Version({ version: "v1" }, { signal });
    this.#facts = { ...this.#facts, name: runtimeName, version: runtimeVersion };
  }

  async #giveCidr(signal: AbortSignal): Promise<void> {
    await this.#cri.runtime.UpdateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr: this.#podCidr } } }, { signal });
    this.#givenCidr = this.#podCidr;
  }
}

function conditionProblem(answer: Message<"StatusResponse">, type: string, words: string): string | undefined {
  const condition = answer.status?.conditions.find((candidate) => candidate.type === type);
  if (condition === undefined) return `${words}: ${type} is not reported`;
  return condition.status ? undefined : `${words}: ${type}=false reason:${condition.reason} message:${condition.message}`;
}
