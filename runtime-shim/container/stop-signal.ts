import { enums } from "../../cri/vocabulary.ts";

const SIGRTMIN = 34;
const SIGRTMAX = 64;

/** Signals by number on Linux (signal(7)); they are the same on every architecture that we run on. */
const numbers: Readonly<Record<string, number>> = Object.fromEntries(
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
    .split(" ")
    .map((name, index) => [name, index + 1]),
);
const aliases: Readonly<Record<string, string>> = { CLD: "CHLD", IOT: "ABRT", POLL: "IO" };

/** The signal that stops a container, as `SIGTERM` or a number: the caller's, else the image's, else SIGTERM. */
export function stopSignalOf(asked: keyof typeof enums.Signal, image: string): string {
  if (asked !== "SIGNAL_RUNTIME_DEFAULT") return asked.slice("SIGNAL_".length).replace("PLUS", "+").replace("MINUS", "-");
  return image === "" || signalNumber(image) === undefined ? "SIGTERM" : image;
}

/** Its number, or undefined when there is no such signal. */
export function signalNumber(signal: string): number | undefined {
  if (/^[0-9]+$/.test(signal)) return Number(signal) >= 1 && Number(signal) <= SIGRTMAX ? Number(signal) : undefined;
  const name = signal.toUpperCase().replace(/^SIG/, "");
  const realTime = /^RTM(IN|AX)(?:([+-])([0-9]{1,2}))?$/.exec(name);
  if (realTime === null) return numbers[aliases[name] ?? name];
  const number = (realTime[1] === "IN" ? SIGRTMIN : SIGRTMAX) + (realTime[2] === "-" ? -1 : 1) * Number(realTime[3] ?? 0);
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined;
}

/** CRI's name of a signal, for ContainerStatus. */
export function criSignal(signal: string): keyof typeof enums.Signal {
  const name = `SIGNAL_${signal.toUpperCase().startsWith("SIG") ? "" : "SIG"}${signal.toUpperCase()}`.replace("+", "PLUS").replace("-", "MINUS");
  if (name in enums.Signal) return name as keyof typeof enums.Signal;
  const number = signalNumber(signal);
  const found = Object.entries(numbers).find(([, value]) => value === number)?.[0];
  return found === undefined ? "SIGNAL_RUNTIME_DEFAULT" : (`SIGNAL_SIG${found}` as keyof typeof enums.Signal);
}
