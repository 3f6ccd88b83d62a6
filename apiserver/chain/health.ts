import type { ApiResponse } from "../../api/exchange.ts";
import { answerText } from "./answer.ts";
import type { RequestContext } from "./context.ts";

/** One thing that must hold for the server to be well; its message says what is wrong. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void> | void;
}

/** /healthz, /livez and /readyz, each check also alone (/readyz/NAME), `?verbose` for the list, `?exclude=NAME`. Undefined for other paths. */
export class Health {
  readonly #live: readonly HealthCheck[];
  readonly #ready: readonly HealthCheck[];

  constructor(live: readonly HealthCheck[], ready: readonly HealthCheck[]) {
    this.#live = live;
    this.#ready = [...live, ...ready];
  }

  async answer(context: RequestContext): Promise<ApiResponse | undefined> {
    const [, root = "", name = "", ...more] = context.info.path.split("/");
    const checks = root === "readyz" ? this.#ready : root === "livez" || root === "healthz" ? this.#live : undefined;
    if (checks === undefined || more.length > 0) return undefined;
    if (name !== "") {
      const check = checks.find((candidate) => candidate.name === name);
      if (check === undefined) return undefined;
      const failure = await run(check);
      return failure === undefined ? answerText(200, "ok") : answerText(500, `internal server error: ${failure}\n`);
    }
    return await answerAll(root, checks, context);
  }
}

async function answerAll(root: string, checks: readonly HealthCheck[], context: RequestContext): Promise<ApiResponse> {
  const excluded = new Set(context.info.query.all("exclude"));
  const lines: string[] = [];
  let failed = false;
  for (const check of checks) {
    if (excluded.delete(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const failure = await run(check);
    failed ||= failure !== undefined;
    lines.push(failure === undefined ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld`);
  }
  for (const unknown of excluded) lines.push(`warn: some health checks cannot be excluded: no matches for ${JSON.stringify(unknown)}`);
  if (failed) return answerText(500, `${[...lines, `${root} check failed`].join("\n")}\n`);
  return context.info.query.has("verbose") ? answerText(200, `${[...lines, `${root} check passed`].join("\n")}\n`) : answerText(200, "ok");
}

async function run(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
