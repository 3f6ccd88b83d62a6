import { Quantity } from "../../../api/quantity.ts";

type Amounts = ReadonlyMap<string, Quantity>;
type List = Readonly<Record<string, string>> | undefined;

/** What a LimitRange item says of one type of thing. */
export interface LimitItem {
  readonly type: string;
  readonly min?: List;
  readonly max?: List;
  readonly maxLimitRequestRatio?: List;
}

/** Texts of all that the amounts break, in Kubernetes' words. `capsRequests`: a maximum bounds the request, as there are no limits (claims). */
export function brokenLimits(item: LimitItem, requests: Amounts, limits: Amounts, capsRequests = false): string[] {
  const found = [
    ...Object.entries(item.min ?? {}).map(([name, enforced]) => belowMinimum(item.type, name, Quantity.parse(enforced), requests.get(name), limits.get(name))),
    ...Object.entries(item.max ?? {}).map(([name, enforced]) =>
      capsRequests ? requestAbove(item.type, name, Quantity.parse(enforced), requests.get(name)) : aboveMaximum(item.type, name, Quantity.parse(enforced), requests.get(name), limits.get(name)),
    ),
    ...Object.entries(item.maxLimitRequestRatio ?? {}).map(([name, enforced]) => aboveRatio(item.type, name, Quantity.parse(enforced), requests.get(name), limits.get(name))),
  ];
  return found.filter((text) => text !== undefined);
}

function belowMinimum(type: string, name: string, enforced: Quantity, request: Quantity | undefined, limit: Quantity | undefined): string | undefined {
  const head = `minimum ${name} usage per ${type} is ${enforced}`;
  if (request === undefined) return `${head}.  No request is specified`;
  if (request.compare(enforced) < 0) return `${head}, but request is ${request}`;
  return limit !== undefined && limit.compare(enforced) < 0 ? `${head}, but limit is ${limit}` : undefined;
}

function aboveMaximum(type: string, name: string, enforced: Quantity, request: Quantity | undefined, limit: Quantity | undefined): string | undefined {
  const head = `maximum ${name} usage per ${type} is ${enforced}`;
  if (limit === undefined) return `${head}.  No limit is specified`;
  if (limit.compare(enforced) > 0) return `${head}, but limit is ${limit}`;
  return request !== undefined && request.compare(enforced) > 0 ? `${head}, but request is ${request}` : undefined;
}

function requestAbove(type: string, name: string, enforced: Quantity, request: Quantity | undefined): string | undefined {
  const head = `maximum ${name} usage per ${type} is ${enforced}`;
  if (request === undefined) return `${head}.  No request is specified`;
  return request.compare(enforced) > 0 ? `${head}, but request is ${request}` : undefined;
}

function aboveRatio(type: string, name: string, enforced: Quantity, request: Quantity | undefined, limit: Quantity | undefined): string | undefined {
  const head = `${name} max limit to request ratio per ${type} is ${enforced}`;
  if (request === undefined || request.isZero()) return `${head}, but no request is specified or request is 0`;
  if (limit === undefined || limit.isZero()) return `${head}, but no limit is specified or limit is 0`;
  const ratio = limit.approximate() / request.approximate();
  return ratio > enforced.approximate() ? `${head}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
