import test from "ava";
import fc from "fast-check";
import type { CronJob } from "../../api/wire.ts";
import { findDue, jobName } from "./plan.ts";
import { nextTime_ms, parseSchedule } from "./schedule.ts";
import { localTime, zonedRfc3339 } from "./zone.ts";

function following(schedule: string, from: string, count: number, zone = "UTC"): string[] {
  const parsed = parseSchedule(schedule);
  const times: string[] = [];
  for (let at = nextTime_ms(parsed, Date.parse(from), zone); at !== undefined && times.length < count; at = nextTime_ms(parsed, at, zone)) times.push(zonedRfc3339(at, zone));
  return times;
}

test("fields, ranges, steps, lists, names, descriptors", (t) => {
  const from = "2026-01-30T22:59:30Z";
  t.deepEqual(following("*/20 * * * *", from, 3), ["2026-01-30T23:00:00Z", "2026-01-30T23:20:00Z", "2026-01-30T23:40:00Z"]);
  t.deepEqual(following("5 8-10/2,23 * * *", from, 3), ["2026-01-30T23:05:00Z", "2026-01-31T08:05:00Z", "2026-01-31T10:05:00Z"]);
  t.deepEqual(following("0 0 29 2 *", from, 2), ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
  t.deepEqual(following("0 0 30 2 *", from, 1), []);
  t.deepEqual(following("0 12 * feb-mar mon", from, 2), ["2026-02-02T12:00:00Z", "2026-02-09T12:00:00Z"]);
  t.deepEqual(following("0 0 13 * 5", from, 3), ["2026-02-06T00:00:00Z", "2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z"], "day or weekday");
  t.deepEqual(following("0 0 */10 * 0", from, 2), ["2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z"], "a star with a step restricts");
  t.deepEqual(following("@monthly", from, 2), ["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]);
  t.deepEqual(following("@every 1h30m", from, 2), ["2026-01-31T00:29:30Z", "2026-01-31T01:59:30Z"]);
  t.deepEqual(following("30/10 * * * *", from, 3), ["2026-01-30T23:30:00Z", "2026-01-30T23:40:00Z", "2026-01-30T23:50:00Z"]);
  for (const bad of ["", "* * * *", "60 * * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "x * * * *", "@never", "@every soon"]) t.throws(() => parseSchedule(bad), undefined, bad);
});

test("time zones and clocks that are changed", (t) => {
  t.deepEqual(following("30 9 * * *", "2026-06-01T00:00:00Z", 1, "Asia/Kolkata"), ["2026-06-01T09:30:00+05:30"]);
  const berlin = "Europe/Berlin";
  t.deepEqual(following("30 2 * * *", "2026-03-28T00:00:00Z", 2, berlin), ["2026-03-28T02:30:00+01:00", "2026-03-30T02:30:00+02:00"], "half past two is skipped");
  t.deepEqual(following("30 * * * *", "2026-10-24T23:40:00Z", 4, berlin), ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00", "2026-10-25T04:30:00+01:00"], "and shown twice in autumn");
  t.deepEqual(following("0 0 * * *", "2026-03-28T12:00:00Z", 2, berlin), ["2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"]);
  t.throws(() => localTime(0, "Mars/Olympus"), { instanceOf: RangeError });
});

test("no time between two that follow one another matches", (t) => {
  const field = (high: number) => fc.oneof(fc.constant("*"), fc.integer({ min: 1, max: high }).map(String), fc.integer({ min: 2, max: 7 }).map((step) => `*/${step}`));
  fc.assert(
    fc.property(field(59), field(23), field(28), fc.integer({ min: 0, max: 365 * 24 * 60 }), fc.constantFrom("UTC", "Europe/Berlin", "America/New_York"), (minute, hour, day, offset_min, zone) => {
      const schedule = parseSchedule(`${minute} ${hour} ${day} * *`);
      const after_ms = Date.parse("2026-01-01T00:00:00Z") + offset_min * 60_000;
      const next = nextTime_ms(schedule, after_ms, zone);
      if (next === undefined || schedule.type === "every") return t.fail();
      t.true(next > after_ms && next % 60_000 === 0);
      const matches = (at_ms: number) => {
        const local = localTime(at_ms, zone);
        return schedule.minutes.has(local.minute) && schedule.hours.has(local.hour) && schedule.days.has(local.day);
      };
      t.true(matches(next));
      for (let at_ms = after_ms + 60_000; at_ms < Math.min(next, after_ms + 3 * 86_400_000); at_ms += 60_000) if (matches(at_ms)) t.fail(`${new Date(at_ms).toISOString()} was passed over`);
    }),
    { numRuns: 60 },
  );
});

const cron = (spec: Partial<NonNullable<CronJob["spec"]>>, lastScheduleTime?: string): CronJob => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "c", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { schedule: "", jobTemplate: {}, ...spec },
  ...(lastScheduleTime ? { status: { lastScheduleTime } } : {}),
});
const due = (object: CronJob, schedule: string, now: string) => {
  const { due_ms, next_ms, missed } = findDue(object, parseSchedule(schedule), "UTC", Date.parse(now));
  return [due_ms && new Date(due_ms).toISOString().slice(0, 16), next_ms && new Date(next_ms).toISOString().slice(0, 16), missed];
};

test("what is due: the latest of the missed ones, not before the last one or the deadline", (t) => {
  t.deepEqual(due(cron({}), "0 * * * *", "2026-01-01T00:59:59Z"), [undefined, "2026-01-01T01:00", 0]);
  t.deepEqual(due(cron({}), "0 * * * *", "2026-01-01T03:30:00Z"), ["2026-01-01T03:00", "2026-01-01T04:00", 2]);
  t.deepEqual(due(cron({}, "2026-01-01T03:00:00Z"), "0 * * * *", "2026-01-01T03:30:00Z"), [undefined, "2026-01-01T04:00", 0]);
  t.deepEqual(due(cron({ startingDeadlineSeconds: 600 }), "0 * * * *", "2026-01-01T03:30:00Z"), [undefined, "2026-01-01T04:00", 0]);
  const [latest, next, missed] = due(cron({}), "* * * * *", "2027-01-01T00:00:30Z");
  t.deepEqual([latest, next], ["2027-01-01T00:00", "2027-01-01T00:01"]);
  t.true(Number(missed) > 100, "a year of missed minutes is found without counting them all");
  t.is(jobName(cron({}), Date.parse("2026-01-01T03:00:00Z")), "c-29453940");
});
