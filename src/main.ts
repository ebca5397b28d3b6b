/** The program: picks the process that the command line asks for. The only file that touches `process`. */
import { type Command, parseCommand } from './config.ts';
import { runOperator, runResponder, type Surroundings } from './processes/index.ts';
import { createLogger, createMetrics } from './telemetry/index.ts';
import { version } from './version.ts';

const command = parseCommand(process.argv.slice(2), process.env);
switch (command.kind) {
  case 'help':
    process.stdout.write(command.text);
    break;
  case 'version':
    process.stdout.write(`evercert ${version}\n`);
    break;
  case 'errors':
    process.stderr.write(command.errors.map((error) => `evercert: ${error}\n`).join(''));
    process.exitCode = 2;
    break;
  case 'operator':
  case 'responder':
    await serve(command);
    break;
}

/** Runs a process until SIGTERM or SIGINT, or until it fails; every log line is out before the end. */
async function serve(asked: Extract<Command, { config: object }>): Promise<void> {
  const log = createLogger({ level: asked.config.logLevel, output: process.stdout });
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('asked to end', { reason: signal });
      ending.abort();
    });
  }
  const defect = async (error: unknown): Promise<void> => {
    log.error('defect, the process ends', { error });
    await log.flush();
    process.exit(1);
  };
  process.on('uncaughtException', (error) => void defect(error));
  process.on('unhandledRejection', (error) => void defect(error));

  const surroundings: Surroundings = { log, metrics: createMetrics(), version };
  log.info('starting', { step: asked.kind });
  try {
    if (asked.kind === 'operator') await runOperator(asked.config, surroundings, ending.signal);
    else await runResponder(asked.config, surroundings, ending.signal);
    log.info('ended');
  } catch (error) {
    log.error('ended by an error', { error });
    process.exitCode = 1;
  }
  await log.flush();
  process.exit();
}
