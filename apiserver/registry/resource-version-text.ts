import { untyped } from "../../api/status/errors.ts";

const DIGITS = /^[0-9]+$/;

/** Kubernetes' wording for a resourceVersion that is no number. */
export function badVersionText(text: string): string {
  return `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
}

/** The number in a resourceVersion, or undefined where it is none; absent and "" are 0. */
export function versionNumber(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return 0;
  return DIGITS.test(text) ? Number(text) : undefined;
}

/** As get and watch refuse it: a bare 500, as Kubernetes does. */
export function requireVersion(text: string | undefined): number {
  const version = versionNumber(text);
  if (version === undefined) throw untyped(500, badVersionText(text ?? ""));
  return version;
}

/** The number in the resourceVersion of an object that is to be written. @throws StatusError the same bare 500 in other words */
export function writtenVersion(text: string | undefined): number {
  const version = versionNumber(text);
  if (version === undefined) throw untyped(500, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  return version;
}
