/** What went wrong in words for the user, with the fix; the CLI prints it without a stack and exits with `exitCode`. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
