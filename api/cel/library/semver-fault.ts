import { goQuote } from "../../status/go-text.ts";

/** What keeps a text from being a semantic version, in the words of Kubernetes' parser. */
export function semverFault(text: string): string {
  if (text === "") return "Version string empty";
  const [major, minor, ...more] = text.split(".");
  if (major === undefined || minor === undefined || more.length === 0) return "No Major.Minor.Patch elements found";
  const [, patch = "", , prerelease, , build] = /^([^-+]*)(-([^+]*))?(\+(.*))?$/s.exec(more.join(".")) ?? [];
  return numberFault("Major", major) ?? numberFault("Minor", minor) ?? numberFault("Patch", patch) ?? prereleaseFault(prerelease) ?? buildFault(build) ?? "No Major.Minor.Patch elements found";
}

function numberFault(which: string, text: string): string | undefined {
  if (!/^[0-9]+$/.test(text)) return `Invalid character(s) found in ${which.toLowerCase()} number ${goQuote(text)}`;
  return text.length > 1 && text.startsWith("0") ? `${which} number must not contain leading zeroes ${goQuote(text)}` : undefined;
}

function prereleaseFault(text: string | undefined): string | undefined {
  for (const part of text?.split(".") ?? []) {
    if (part === "") return "Prerelease is empty";
    if (/^0[0-9]+$/.test(part)) return `Numeric PreRelease version must not contain leading zeroes ${goQuote(part)}`;
    if (!/^[0-9A-Za-z-]+$/.test(part)) return `Invalid character(s) found in prerelease ${goQuote(part)}`;
  }
  return undefined;
}

function buildFault(text: string | undefined): string | undefined {
  for (const part of text?.split(".") ?? []) {
    if (part === "") return "Build meta data is empty";
    if (!/^[0-9A-Za-z-]+$/.test(part)) return `Invalid character(s) found in build meta data ${goQuote(part)}`;
  }
  return undefined;
}
