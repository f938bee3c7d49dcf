/** Where the log says what happens to its connections; pino's shape. */
export interface LogLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
