import { instantsOf, localTime, offsetsAround_ms } from "./zone.ts";

/** When a job is due: fields of a clock's face, or every so many milliseconds. */
export type Schedule = { readonly type: "every"; readonly period_ms: number } | FieldSchedule;

interface FieldSchedule {
  readonly type: "fields";
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** `*` in one of day and weekday: the other alone decides; otherwise either one suffices. */
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
}

const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const WEEKDAYS = "sun mon tue wed thu fri sat".split(" ");
const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
/** Years that are searched for the next time (`0 0 30 2 *` never comes). */
const MAX_YEARS = 5;
const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

/** A schedule of five fields or a descriptor, in robfig/cron's syntax. @throws Error when it is none */
export function parseSchedule(text: string): Schedule {
  const trimmed = text.trim();
  if (trimmed.startsWith("@every ")) return { type: "every", period_ms: Math.max(SECOND_MS, Math.floor(duration_ms(trimmed.slice(7).trim()) / SECOND_MS) * SECOND_MS) };
  const fields = (DESCRIPTORS[trimmed] ?? trimmed).split(/\s+/);
  if (fields.length !== 5) throw new Error(`${JSON.stringify(text)} is not a schedule of five fields`);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  // A star with a step counts as a restriction.
  const isAny = (field: string) => field.split(",").some((part) => /^[*?](\/1)?$/.test(part));
  return {
    type: "fields",
    minutes: parseField(minute, 0, 59),
    hours: parseField(hour, 0, 23),
    days: parseField(day, 1, 31),
    months: parseField(month, 1, 12, MONTHS, 1),
    weekdays: parseField(weekday, 0, 6, WEEKDAYS, 0),
    anyDay: isAny(day),
    anyWeekday: isAny(weekday),
  };
}

function duration_ms(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ms|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) throw new Error(`${JSON.stringify(text)} is not a duration like 1h30m`);
  return parts.reduce((sum, [, amount = "0", unit = "s"]) => sum + Number(amount) * (UNITS_MS[unit] ?? 0), 0);
}

function parseField(text: string, low: number, high: number, names: readonly string[] = [], firstName = 0): Set<number> {
  const values = new Set<number>();
  const number = (part: string) => {
    const name = names.indexOf(part.toLowerCase());
    const value = name >= 0 ? name + firstName : /^[0-9]+$/.test(part) ? Number(part) : Number.NaN;
    if (!(value >= low && value <= high)) throw new Error(`${JSON.stringify(part)} is not between ${low} and ${high}`);
    return value;
  };
  for (const part of text.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [from = "", to] = range.split("-");
    const any = from === "*" || from === "?";
    const start = any ? low : number(from);
    const end = any || (to === undefined && part.includes("/")) ? high : to === undefined ? start : number(to);
    const stride = Number(step);
    if (!Number.isInteger(stride) || stride < 1 || start > end) throw new Error(`${JSON.stringify(part)} is not a range`);
    for (let value = start; value <= end; value += stride) values.add(value);
  }
  return values;
}

/**
 * The first time after `after_ms` in a time zone, in whole seconds; undefined when none comes within five years. A time that the clocks skip does
 * not come; one that they show twice comes twice.
 */
export function nextTime_ms(schedule: Schedule, after_ms: number, zone: string): number | undefined {
  if (schedule.type === "every") return Math.floor(after_ms / SECOND_MS) * SECOND_MS + schedule.period_ms;
  const start = localTime(after_ms, zone);
  const first = Date.UTC(start.year, start.month - 1, start.day);
  for (let days = 0; days <= MAX_YEARS * 366; days++) {
    const date = new Date(first + days * DAY_MS);
    if (!schedule.months.has(date.getUTCMonth() + 1) || !dayMatches(schedule, date.getUTCDate(), date.getUTCDay())) continue;
    const found = firstOnDay(schedule, date.getTime(), after_ms, zone);
    if (found !== undefined) return found;
  }
  return undefined;
}

function dayMatches(schedule: FieldSchedule, day: number, weekday: number): boolean {
  const [byDay, byWeekday] = [schedule.days.has(day), schedule.weekdays.has(weekday)];
  return schedule.anyDay || schedule.anyWeekday ? byDay && byWeekday : byDay || byWeekday;
}

/** `day_ms`: the day's midnight as if it were UTC. */
function firstOnDay(schedule: FieldSchedule, day_ms: number, after_ms: number, zone: string): number | undefined {
  const faces = [...schedule.hours].flatMap((hour) => [...schedule.minutes].map((minute) => day_ms + (hour * 60 + minute) * 60_000));
  const offsets = offsetsAround_ms(day_ms, zone);
  const [only] = offsets;
  let best: number | undefined;
  for (const face of faces) {
    const instants = offsets.length === 1 && only !== undefined ? [face - only] : instantsOf(face, offsets, zone);
    for (const instant of instants) if (instant > after_ms && (best === undefined || instant < best)) best = instant;
  }
  return best;
}
