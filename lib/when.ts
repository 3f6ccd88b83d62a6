/**
 * `next` of a value that is there or will be: at once where it is there, since each turn through the queue of promises costs every request. What `next`
 * throws is thrown at once too where the value was there.
 */
export function when<T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
