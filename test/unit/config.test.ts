import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { type Command, describeFlags, parseCommand } from '../../src/config.ts';
import type { Environment } from '../../src/flags.ts';

const pod: Environment = { POD_NAMESPACE: 'evercert', POD_NAME: 'evercert-operator-abc' };

function operator(args: readonly string[] = [], environment: Environment = pod) {
  const command = parseCommand(['operator', ...args], environment);
  assert.equal(command.kind, 'operator', JSON.stringify(command));
  return command.config;
}

function errors(args: readonly string[], environment: Environment = pod): readonly string[] {
  const command: Command = parseCommand(args, environment);
  assert.equal(command.kind, 'errors', JSON.stringify(command));
  return command.errors;
}

describe('command line', () => {
  test('of an operator in a pod needs no flag', () => {
    assert.deepEqual(operator(), {
      namespace: 'evercert',
      identity: 'evercert-operator-abc',
      podUID: undefined,
      letsEncrypt: false,
      letsEncryptEmail: undefined,
      letsEncryptIngressClass: undefined,
      responderService: 'evercert-responder',
      responderPort: 80,
      lease: 'evercert-operator',
      leaderElection: true,
      telemetryPort: 9402,
      kubeconfig: undefined,
      httpsProxy: undefined,
      noProxy: undefined,
      logLevel: 'info',
    });
  });

  test('of a responder in a pod needs no flag', () => {
    assert.deepEqual(parseCommand(['responder'], pod), {
      kind: 'responder',
      config: {
        namespace: 'evercert',
        port: 8080,
        drainSeconds: 5,
        telemetryPort: 9402,
        kubeconfig: undefined,
        httpsProxy: undefined,
        noProxy: undefined,
        logLevel: 'info',
      },
    });
  });

  test('gives a configuration that nobody can change', () => {
    assert.ok(Object.isFrozen(operator()));
  });

  test('takes flags with and without an equals sign', () => {
    const config = operator(['--lease=other', '--log-level', 'debug', '--kubeconfig', './config']);
    assert.deepEqual([config.lease, config.logLevel, config.kubeconfig], ['other', 'debug', './config']);
  });

  test('puts a flag before its variable, that before the variable of the pod, that before the default', () => {
    const own = { ...pod, EVERCERT_NAMESPACE: 'own', EVERCERT_RESPONDER_PORT: '8000' };
    assert.equal(operator(['--namespace=flag'], own).namespace, 'flag');
    assert.equal(operator([], own).namespace, 'own');
    assert.equal(operator([], pod).namespace, 'evercert');
    assert.equal(operator([], own).responderPort, 8000);
  });

  test('takes the proxy from the variables that all programs share, in either spelling', () => {
    const upper = operator([], {
      ...pod,
      HTTPS_PROXY: 'http://a:3128',
      https_proxy: 'http://b:3128',
      NO_PROXY: '10.0.0.0/8',
    });
    assert.deepEqual([upper.httpsProxy, upper.noProxy], ['http://a:3128', '10.0.0.0/8']);
    const lower = operator([], { ...pod, https_proxy: 'http://b:3128', no_proxy: '.svc' });
    assert.deepEqual([lower.httpsProxy, lower.noProxy], ['http://b:3128', '.svc']);
    assert.equal(operator(['--no-proxy=*'], { ...pod, NO_PROXY: '.svc' }).noProxy, '*');
  });

  test('counts an empty variable as absent', () => {
    assert.equal(operator([], { ...pod, EVERCERT_LOG_LEVEL: '' }).logLevel, 'info');
  });

  test('is not misled by the links that a kubelet sets for the Service evercert-responder', () => {
    const links = {
      EVERCERT_RESPONDER_PORT: 'tcp://10.96.0.7:80',
      EVERCERT_RESPONDER_SERVICE_HOST: '10.96.0.7',
      EVERCERT_RESPONDER_SERVICE_PORT: '80',
      EVERCERT_RESPONDER_PORT_80_TCP_ADDR: '10.96.0.7',
    };
    assert.deepEqual(operator([], { ...pod, ...links }), operator());
  });

  test('makes issuers for Let’s Encrypt where it is told to', () => {
    const { letsEncrypt, letsEncryptEmail, letsEncryptIngressClass } = operator([
      '--letsencrypt',
      '--letsencrypt-email=a@b.example',
      '--letsencrypt-ingress-class=nginx',
    ]);
    assert.deepEqual([letsEncrypt, letsEncryptEmail, letsEncryptIngressClass], [true, 'a@b.example', 'nginx']);
  });

  test('turns leader election off by its switch or variable', () => {
    assert.equal(operator(['--no-leader-election']).leaderElection, false);
    assert.equal(operator([], { ...pod, EVERCERT_NO_LEADER_ELECTION: 'true' }).leaderElection, false);
    assert.equal(
      operator(['--no-leader-election=false'], { ...pod, EVERCERT_NO_LEADER_ELECTION: 'true' }).leaderElection,
      true,
    );
  });

  test('lets the last of a repeated flag win', () => {
    assert.equal(operator(['--lease=one', '--lease=two']).lease, 'two');
  });

  test('refuses everything that is wrong at once, each by its flag and with what to do', () => {
    assert.deepEqual(errors(['operator', '--responder-port=0', '--log-level=loud', '--leese=x', '--lease'], {}), [
      '--leese is no flag; did you mean --lease?',
      '--lease needs a value: --lease=NAME',
      '--namespace is missing: give --namespace=NAME or set EVERCERT_NAMESPACE or POD_NAMESPACE',
      '--identity is missing: give --identity=NAME or set EVERCERT_IDENTITY or POD_NAME',
      '--responder-port: "0" is not a port from 1 to 65535',
      '--log-level: "loud" is not one of error, warn, info, debug',
    ]);
  });

  test('names the variable that a wrong value comes from', () => {
    assert.deepEqual(errors(['responder'], { ...pod, EVERCERT_DRAIN_SECONDS: '5s' }), [
      '--drain-seconds: "5s" (from EVERCERT_DRAIN_SECONDS) is not whole seconds from 0 to 300',
    ]);
  });

  test('takes no flag for the value of another', () => {
    assert.deepEqual(errors(['operator', '--lease', '--no-leader-election']), ['--lease needs a value: --lease=NAME']);
  });

  test('says which process a flag belongs to', () => {
    assert.deepEqual(errors(['operator', '--drain-seconds=5']), ['--drain-seconds is a flag of the responder alone']);
  });

  test('says so where no flag is near', () => {
    assert.deepEqual(errors(['operator', '--quantum', '--constructor', '-x']), [
      '--quantum is no flag; --help lists the flags',
      '--constructor is no flag; --help lists the flags',
      '-x is no flag; --help lists the flags',
    ]);
  });

  test('refuses words that are no flags', () => {
    assert.deepEqual(errors(['operator', 'now']), ['"now" is no flag; flags start with --']);
  });

  test('refuses to start without a process, and with one that is none', () => {
    assert.deepEqual(errors([]), ['no process is named: start with operator or responder; --help tells more']);
    assert.deepEqual(errors(['controller']), [
      '"controller" is no process: start with operator or responder; --help tells more',
    ]);
  });

  const wrong: readonly (readonly [flag: string, text: string])[] = [
    ['--namespace', 'Shop'],
    ['--namespace', '-shop'],
    ['--namespace', 'a'.repeat(64)],
    ['--identity', 'two words'],
    ['--telemetry-port', '65536'],
    ['--telemetry-port', '1e3'],
    ['--telemetry-port', '-1'],
    ['--no-leader-election', 'yes'],
    ['--kubeconfig', ''],
  ];
  for (const [flag, text] of wrong) {
    test(`refuses ${flag}=${text.slice(0, 12)}`, () => {
      const [error = '', ...others] = errors(['operator', `${flag}=${text}`]);
      assert.ok(error.startsWith(`${flag}: "${text}" is not `), error);
      assert.deepEqual(others, []);
    });
  }

  for (const args of [['--help'], ['-h'], ['help'], ['operator', '--help'], ['responder', '--port=x', '-h']]) {
    test(`gives help for ${args.join(' ')} whatever else is wrong`, () => {
      assert.equal(parseCommand(args, {}).kind, 'help');
    });
  }

  test('shows each flag with its variables and default, and an example that is valid', () => {
    for (const process of ['operator', 'responder'] as const) {
      const command = parseCommand([process, '--help'], {});
      assert.equal(command.kind, 'help');
      for (const { usage, variables, fallback } of describeFlags(process)) {
        assert.ok(command.text.includes(`  ${usage}\n`), usage);
        assert.ok(command.text.includes(variables.join(', ')), usage);
        if (fallback !== undefined) assert.ok(command.text.includes(`default ${fallback})`), usage);
      }
      const example = command.text.split('Examples:\n')[1]?.trim().split(/\s+/).slice(1) ?? [];
      assert.equal(parseCommand(example, {}).kind, process);
    }
  });

  test('tells its version', () => {
    assert.deepEqual(parseCommand(['--version'], {}), { kind: 'version' });
    assert.deepEqual(parseCommand(['operator', '--version'], {}), { kind: 'version' });
  });

  test('never throws, and gives one of its kinds for any words', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('operator', 'responder', '--', '-', '--lease', '--=', '--port='),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (args) => {
        const command = parseCommand(args, pod);
        if (command.kind === 'errors') assert.ok(command.errors.length > 0);
      }),
    );
  });
});
