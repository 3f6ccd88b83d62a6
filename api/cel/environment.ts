import { CelError, CompileError, PreparationError } from "./cel-error.ts";
import { type Checked, checkExpression, type Declarations } from "./checker.ts";
import type { DataType } from "./data-type.ts";
import { type CostRange, estimateCost } from "./estimate.ts";
import { compileSteps, type Step } from "./evaluate.ts";
import { type Functions, joinLibraries } from "./function.ts";
import { conversions } from "./library/conversions.ts";
import { listFunctions } from "./library/list-functions.ts";
import { lists } from "./library/lists.ts";
import { namedFormats } from "./library/named-formats.ts";
import { network } from "./library/network.ts";
import { operators } from "./library/operators.ts";
import { optionals } from "./library/optionals.ts";
import { quantities } from "./library/quantities.ts";
import { semvers } from "./library/semvers.ts";
import { strings } from "./library/strings.ts";
import { times } from "./library/times.ts";
import { urls } from "./library/urls.ts";
import { literalIssues, preparationFault } from "./literal-rules.ts";
import { Meter } from "./meter.ts";
import { parseExpression } from "./parser.ts";
import type { CelType, ObjectType } from "./types.ts";
import type { CelValue } from "./values.ts";

export interface EnvironmentOptions {
  readonly variables: ReadonlyMap<string, DataType>;
  /** Absent: all of Kubernetes 1.36. */
  readonly functions?: Functions;
  /** Types that expressions may build by name. */
  readonly objects?: ReadonlyMap<string, ObjectType>;
}

let shared: Functions | undefined;

/** CEL's functions and those that Kubernetes adds to every expression. Made once. */
export function kubernetesFunctions(): Functions {
  shared ??= joinLibraries([operators(), conversions(), times(), strings(), lists(), listFunctions(), optionals(), network(), quantities(), urls(), semvers(), namedFormats()]);
  return shared;
}

/** What expressions of one kind may use: declared variables and a library of functions. Compiles any number of them. */
export class Environment {
  readonly #declarations: Declarations;

  constructor({ variables, functions = kubernetesFunctions(), objects = new Map() }: EnvironmentOptions) {
    this.#declarations = { variables, functions, objects };
  }

  /** @throws CompileError with every issue of syntax or type, each with its line, in cel-go's words */
  compile(source: string): Program {
    const checked = checkExpression(parseExpression(source), this.#declarations);
    const issues = checked.issues.length > 0 ? checked.issues : literalIssues(checked);
    if (issues.length > 0) throw new CompileError(source, issues);
    const fault = preparationFault(checked);
    if (fault !== undefined) throw new PreparationError(fault);
    return new Program(checked, this.#declarations.variables);
  }
}

export interface Evaluation {
  /** The value, or why there is none. */
  readonly result: CelValue | CelError;
  /** Units spent, also when it failed. */
  readonly cost: number;
}

/** A compiled expression. */
export class Program {
  readonly #checked: Checked;
  readonly #variables: ReadonlyMap<string, DataType>;
  #step: Step | undefined;

  constructor(checked: Checked, variables: ReadonlyMap<string, DataType>) {
    this.#checked = checked;
    this.#variables = variables;
  }

  get type(): CelType {
    return this.#checked.type;
  }

  uses(variable: string): boolean {
    return this.#checked.used.has(variable);
  }

  /** What a run can cost at least and at most, from the declared sizes of the variables. */
  estimate(): CostRange {
    return estimateCost(this.#checked, this.#variables);
  }

  /**
   * Runs it. `bindings` gives the variables' values; each is asked for when it is used.
   * @throws CostError when it costs more than `limit`
   */
  evaluate(bindings: (variable: string) => CelValue | undefined, limit: number): Evaluation {
    this.#step ??= compileSteps(this.#checked);
    const meter = new Meter(limit);
    const variable = (name: string): CelValue => {
      const value = bindings(name);
      if (value === undefined) throw new CelError(`no such attribute: ${name}`);
      return value;
    };
    try {
      return { result: this.#step({ meter, variable, slots: [] }), cost: meter.spent };
    } catch (error) {
      if (error instanceof CelError) return { result: error, cost: meter.spent };
      throw error;
    }
  }
}
