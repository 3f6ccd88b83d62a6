/** What is changed of an object, by path: `spec.containers[0].name`, `data["a.b"]`; `[+]` appends; undefined takes away. */
export type Changes = Readonly<Record<string, unknown>>;

type Step = string | number | "+";

const STEP = /\.?([A-Za-z_$][\w$-]*)|\[(\d+|\+)\]|\["((?:[^"\\]|\\.)*)"\]/gy;

function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex;
    const found = STEP.exec(path);
    if (found === null) throw new Error(`no path at ${at}: ${path}`);
    const [, name, index, key] = found;
    if (name !== undefined) steps.push(name);
    else if (key !== undefined) steps.push(JSON.parse(`"${key}"`) as string);
    else steps.push(index === "+" ? "+" : Number(index));
  }
  return steps;
}

/** A changed copy. What lies on the way is made where it is missing. */
export function changed(object: object, changes: Changes): object {
  const root = { root: structuredClone(object) };
  for (const [path, value] of Object.entries(changes)) put(root as Record<string, unknown>, ["root", ...stepsOf(path)], value);
  return root.root;
}

function put(holder: Record<string | number, unknown> | unknown[], steps: readonly Step[], value: unknown): void {
  const [step = "", next, ...rest] = steps;
  const at = step === "+" && Array.isArray(holder) ? holder.length : step;
  const fields = holder as Record<string | number, unknown>;
  if (next !== undefined) {
    fields[at] ??= typeof next === "number" || next === "+" ? [] : {};
    put(fields[at] as Record<string, unknown>, [next, ...rest], value);
  } else if (value !== undefined) fields[at] = structuredClone(value);
  else if (Array.isArray(holder) && typeof at === "number") holder.splice(at, 1);
  else delete fields[at];
}
