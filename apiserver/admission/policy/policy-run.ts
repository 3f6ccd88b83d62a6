import { CelError, CostError } from "../../../api/cel/cel-error.ts";
import { dynamicValue } from "../../../api/cel/data-type.ts";
import type { Program } from "../../../api/cel/environment.ts";
import { CelMap, type CelValue } from "../../../api/cel/values.ts";
import type { CompiledPolicy, CompiledValidation } from "./compiled-policy.ts";

/** Units that one policy may spend on one request. */
const BUDGET = 10_000_000;
/** Units that one expression may spend. */
const EXPRESSION_LIMIT = 1_000_000;
const MAX_MESSAGE_BYTES = 5 * 1024;

/** One validation that does not hold, or cannot be told. */
export interface Failure {
  readonly message: string;
  readonly reason: string | undefined;
  /** The expression itself failed: failurePolicy says what that means. */
  readonly isError: boolean;
}

/** What expressions see of a request; JSON values. */
export type Bindings = (variable: string) => CelValue | undefined;

/** One run of a policy's expressions, with what they may spend together. */
export class PolicyRun {
  readonly #policy: CompiledPolicy;
  readonly #bindings: Bindings;
  readonly #variables: LazyVariables;
  #left = BUDGET;

  constructor(policy: CompiledPolicy, bindings: Bindings, params: unknown) {
    this.#policy = policy;
    this.#variables = new LazyVariables(policy.variables, (program) => this.#evaluate(program));
    this.#bindings = (variable) => (variable === "variables" ? this.#variables : variable === "params" ? dynamicValue(params ?? null) : bindings(variable));
  }

  /** Whether all match conditions hold; a text where one of them cannot be told. */
  conditions(): boolean | string {
    let error: string | undefined;
    for (const { name, program } of this.#policy.conditions) {
      const result = this.#guarded(program);
      if (result === false) return false;
      if (result instanceof Error) error ??= `match condition ${JSON.stringify(name)} failed: ${result.message}`;
    }
    return error ?? true;
  }

  failures(): Failure[] {
    return this.#policy.validations.flatMap((validation): Failure[] => {
      const result = this.#guarded(validation.program);
      if (result === true) return [];
      const { reason, expression } = validation;
      if (result instanceof CostError) return [{ message: "validation failed due to running out of cost budget, no further validation rules will be run", reason, isError: true }];
      if (result instanceof Error) return [{ message: `expression '${expression}' resulted in error: ${result.message}`, reason, isError: true }];
      return [{ message: this.#message(validation), reason, isError: false }];
    });
  }

  #message({ expression, message, messageProgram }: CompiledValidation): string {
    const made = messageProgram === undefined ? undefined : this.#guarded(messageProgram);
    if (typeof made === "string") {
      const text = made.trim();
      if (text !== "" && !text.includes("\n") && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES) return text;
    }
    return message ?? `failed expression: ${expression.trim()}`;
  }

  #guarded(program: Program): CelValue | Error {
    try {
      return this.#evaluate(program);
    } catch (error) {
      if (error instanceof CelError || error instanceof CostError) return error;
      throw error;
    }
  }

  #evaluate(program: Program): CelValue {
    const { result, cost } = program.evaluate(this.#bindings, Math.min(EXPRESSION_LIMIT, this.#left));
    this.#left -= cost;
    if (this.#left < 0) throw new CostError();
    if (result instanceof CelError) throw result;
    return result;
  }
}

/** `variables.NAME`: computed when it is first asked for, once. */
class LazyVariables extends CelMap {
  override readonly typeName = "kubernetes.variables";
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #evaluate: (program: Program) => CelValue;
  readonly #known = new Map<string, CelValue>();

  constructor(programs: ReadonlyMap<string, Program>, evaluate: (program: Program) => CelValue) {
    super();
    this.#programs = programs;
    this.#evaluate = evaluate;
  }

  get size(): number {
    return this.#programs.size;
  }

  get(key: CelValue): CelValue | undefined {
    if (typeof key !== "string") return undefined;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const program = this.#programs.get(key);
    if (program === undefined) return undefined;
    const value = this.#evaluate(program);
    this.#known.set(key, value);
    return value;
  }

  keys(): Iterable<CelValue> {
    return this.#programs.keys();
  }
}
