/** The fields a log line may have. Closed: whatever is not listed here cannot be logged, secrets least of all. */
export interface LogFields {
  controller?: string;
  namespace?: string;
  name?: string;
  reconcileID?: string;
  resource?: string;
  host?: string;
  issuer?: string;
  order?: string;
  step?: string;
  reason?: string;
  address?: string;
  count?: number;
  durationMs?: number;
  error?: unknown;
}

/** Where log lines go. A message is constant and lower-case; what varies stands in the fields. No method ever throws. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds `fields` to each of its lines; those of a line win. */
  child(fields: LogFields): Log;
}
