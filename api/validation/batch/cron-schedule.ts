import { goQuote } from "../../status/go-text.ts";

type Names = Readonly<Record<string, number>>;
type Bounds = readonly [minimum: number, maximum: number, names?: Names];

const numbered = (from: number, names: string): Names => Object.fromEntries(names.split(" ").map((name, i) => [name, from + i]));

const minutes: Bounds = [0, 59];
const hours: Bounds = [0, 23];
const daysOfMonth: Bounds = [1, 31];
const months: Bounds = [1, 12, numbered(1, "jan feb mar apr may jun jul aug sep oct nov dec")];
const daysOfWeek: Bounds = [0, 6, numbered(0, "sun mon tue wed thu fri sat")];
const fieldBounds = [minutes, hours, daysOfMonth, months, daysOfWeek];

const descriptors = new Set(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]);
const EVERY = "@every ";
const DURATION = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/;

class ScheduleError extends Error {}

/**
 * What is wrong with a schedule of five fields or a descriptor, in the words of robfig/cron, whose syntax Kubernetes takes;
 * undefined when nothing is.
 */
export function scheduleProblem(schedule: string, isTimeZone: (name: string) => boolean): string | undefined {
  try {
    checkSchedule(schedule, isTimeZone);
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}

function checkSchedule(schedule: string, isTimeZone: (name: string) => boolean): void {
  let text = schedule;
  if (text.startsWith("TZ=") || text.startsWith("CRON_TZ=")) {
    const blank = text.includes(" ") ? text.indexOf(" ") : text.length;
    const zone = text.slice(text.indexOf("=") + 1, blank);
    if (zone !== "" && zone !== "Local" && !isTimeZone(zone)) throw new ScheduleError(`provided bad location ${zone}: unknown time zone ${zone}`);
    text = text.slice(blank).trim();
  }
  if (text.startsWith("@")) {
    checkDescriptor(text);
    return;
  }
  const fields = text.split(/[\t\n\v\f\r \u0085\u00a0]+/).filter(Boolean);
  if (fields.length !== fieldBounds.length) throw new ScheduleError(`expected exactly ${fieldBounds.length} fields, found ${fields.length}: [${fields.join(" ")}]`);
  for (const [i, bounds] of fieldBounds.entries()) for (const part of (fields[i] ?? "").split(",")) if (part !== "") checkRange(part, bounds);
}

function checkDescriptor(text: string): void {
  if (descriptors.has(text)) return;
  if (!text.startsWith(EVERY)) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  const duration = text.slice(EVERY.length);
  if (duration !== "0" && !DURATION.test(duration)) throw new ScheduleError(`failed to parse duration ${text}: time: invalid duration ${goQuote(duration)}`);
}

/** `*`, `5`, `1-4`, each with a step behind a slash. */
function checkRange(text: string, [minimum, maximum, names]: Bounds): void {
  const [range = "", ...steps] = text.split("/");
  const [low = "", ...highs] = range.split("-");
  let start = minimum;
  let end = maximum;
  if (low !== "*" && low !== "?") {
    start = numberOrName(low, names);
    end = start;
    if (highs.length === 1) end = numberOrName(highs[0] ?? "", names);
    else if (highs.length > 1) throw new ScheduleError(`too many hyphens: ${text}`);
  }
  let step = 1;
  if (steps.length === 1) {
    step = naturalNumber(steps[0] ?? "");
    if (highs.length === 0) end = maximum;
  } else if (steps.length > 1) throw new ScheduleError(`too many slashes: ${text}`);
  if (start < minimum) throw new ScheduleError(`beginning of range (${start}) below minimum (${minimum}): ${text}`);
  if (end > maximum) throw new ScheduleError(`end of range (${end}) above maximum (${maximum}): ${text}`);
  if (start > end) throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
}

function numberOrName(text: string, names: Names | undefined): number {
  const key = text.toLowerCase();
  return names !== undefined && Object.hasOwn(names, key) ? (names[key] ?? 0) : naturalNumber(text);
}

const LARGEST_INT64 = 9223372036854775807n;

function naturalNumber(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ""));
  if (value > LARGEST_INT64 || value < -LARGEST_INT64 - 1n) throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: value out of range`);
  if (value < 0n) throw new ScheduleError(`negative number (${value}) not allowed: ${text}`);
  return Number(value);
}
