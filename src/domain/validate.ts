import { parseDuration } from './duration.ts';
import { DomainError, type FieldFault } from './errors.ts';
import { checkAddress } from './ip.ts';
import type { CachedDependency, EgressRule, TaskDefinition } from './task.ts';
import {
  checkAbsolute,
  checkActions,
  checkChecksum,
  checkEnv,
  checkMountedFiles,
  checkUrl,
  type Report,
} from './validate-action.ts';

/** Bounds of a request (contract.md section 2). */
export const LIMITS = {
  guid: /^[A-Za-z0-9_-]{1,255}$/,
  domainBytes: 255,
  annotationBytes: 10_240,
  requestBytes: 1_048_576,
  resultBytes: 10_240,
} as const;

/** Signals that a task may ask to be stopped with. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'];

/** Every fault of a definition, each with its path; none when it can be accepted. */
export function validateDefinition(definition: TaskDefinition): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  const report: Report = (field, message) => faults.push({ field, message });

  if (!LIMITS.guid.test(definition.task_guid))
    report('task_guid', 'must be 1 to 255 of the characters A-Z a-z 0-9 _ -');
  if (definition.domain === '') report('domain', 'is required');
  if (byteLength(definition.domain) > LIMITS.domainBytes) report('domain', 'must be at most 255 bytes');
  checkRootFs(definition.root_fs, report);
  checkEnv(definition.env, 'env', report);
  range(definition.cpu_weight, 0, 100, 'cpu_weight', report);
  for (const field of ['disk_mb', 'memory_mb', 'max_pids'] as const) {
    if (definition[field] < 0) report(field, 'must be 0 (no limit) or more');
  }
  if (definition.result_file !== '' && !definition.result_file.startsWith('/')) {
    report('result_file', 'must be an absolute path inside the container');
  }
  const { completion_callback_url: url } = definition;
  const callbackFault = url === '' ? undefined : callbackUrlFault(url);
  if (callbackFault !== undefined) report('completion_callback_url', callbackFault);
  if (byteLength(definition.annotation) > LIMITS.annotationBytes) report('annotation', 'must be at most 10,240 bytes');
  if (definition.image_username !== '' && definition.image_password === '')
    report('image_password', 'is required with image_username');
  if (definition.image_password !== '' && definition.image_username === '')
    report('image_username', 'is required with image_password');
  if (definition.log_rate_limit !== undefined && definition.log_rate_limit.bytes_per_second < -1) {
    report('log_rate_limit.bytes_per_second', 'must be -1 (no limit), 0 (log nothing) or more');
  }
  for (const [index, rule] of definition.egress_rules.entries())
    checkEgressRule(rule, `egress_rules[${index}]`, report);
  for (const [index, tag] of definition.placement_tags.entries()) {
    if (tag === '') report(`placement_tags[${index}]`, 'must not be empty');
  }
  for (const [index, dependency] of definition.cached_dependencies.entries()) {
    checkCachedDependency(dependency, `cached_dependencies[${index}]`, report);
  }
  for (const [index, path] of definition.outputs.entries()) {
    if (!/^\/+[^/]/.test(path) || path.includes('\0'))
      report(`outputs[${index}]`, 'must be an absolute path inside the container, below its root');
  }
  checkMountedFiles(definition.volume_mounted_files, 'volume_mounted_files', report);
  const certificates = definition.trusted_system_certificates_path;
  if (definition.input_dir !== '') checkAbsolute(definition.input_dir, 'input_dir', report);
  if (certificates !== '') checkAbsolute(certificates, 'trusted_system_certificates_path', report);
  for (const name of Object.keys(definition.metric_tags)) {
    if (name === '') report('metric_tags', 'must not have an empty name');
  }
  checkNetwork(definition, report);
  for (const field of ['max_run_time', 'placement_deadline'] as const) {
    const value = definition[field];
    if (value !== undefined && !((parseDuration(value) ?? 0) > 0))
      report(field, 'must be a duration above zero, such as 300s');
  }
  if (definition.stop !== undefined) {
    const { signal, grace, at } = definition.stop;
    if (signal !== '' && !STOP_SIGNALS.includes(signal))
      report('stop.signal', `must be one of ${STOP_SIGNALS.join(', ')}`);
    if (grace !== undefined && parseDuration(grace) === undefined)
      report('stop.grace', 'must be a duration, such as 10s');
    if (at !== undefined && at !== 'checkpoint') report('stop.at', 'must be checkpoint, or left out');
  }
  if (definition.request_key.length > 255) report('request_key', 'must be at most 255 characters');
  checkActions(definition.action, report);
  return faults;
}

/** @throws DomainError `invalid_argument` with every fault. */
export function requireValid(definition: TaskDefinition): void {
  const faults = validateDefinition(definition);
  if (faults.length > 0) throw invalid(faults);
}

export function invalid(faults: readonly FieldFault[]): DomainError {
  const text = faults.map((fault) => `${fault.field}: ${fault.message}`).join('; ');
  return new DomainError('invalid_argument', `invalid request: ${text}`, { faults });
}

/** UTF-8 length, without a Buffer (this code also runs in browsers). */
export function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function range(value: number, low: number, high: number, field: string, report: Report): void {
  if (!(value >= low && value <= high)) report(field, `must be ${low} to ${high}`);
}

function checkRootFs(rootFs: string, report: Report): void {
  if (rootFs === '')
    return report('root_fs', 'is required, for example docker:///library/busybox#1.36 or preloaded:NAME');
  const scheme = /^([a-z][a-z0-9+.-]*):(.*)$/s.exec(rootFs);
  if (scheme === null)
    return report(
      'root_fs',
      'must be a URL with a scheme, for example docker:///library/busybox#1.36 or preloaded:NAME',
    );
  const rest = scheme[2] ?? '';
  if (/\s/.test(rootFs)) return report('root_fs', 'must not contain white space');
  if (scheme[1] === 'docker' && !/^\/\/[^/]*\/[^/]/.test(rest)) {
    return report('root_fs', 'must name an image: docker:///org/image#tag or docker://host:port/org/image#tag');
  }
  if (scheme[1] === 'preloaded' && !/^[A-Za-z0-9._@-]+$/.test(rest))
    report('root_fs', 'must name a root file system: preloaded:NAME');
}

/** What is wrong with a URL that is to be posted to; undefined = nothing. */
export function callbackUrlFault(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be a complete http or https URL';
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  return url.username !== '' || url.password !== '' ? 'must not carry a user name or password' : undefined;
}

function checkNetwork(definition: TaskDefinition, report: Report): void {
  const mode = definition.network?.mode ?? '';
  if (!['', 'none', 'bridge'].includes(mode)) report('network.mode', 'must be none or bridge');
  for (const name of Object.keys(definition.network?.properties ?? {})) {
    if (name === '') report('network.properties', 'must not have an empty name');
  }
}

function checkEgressRule(rule: EgressRule, path: string, report: Report): void {
  const protocols = ['tcp', 'udp', 'icmp', 'icmpv6', 'all'];
  if (!protocols.includes(rule.protocol)) report(`${path}.protocol`, `must be one of ${protocols.join(', ')}`);
  if (rule.destinations.length === 0) report(`${path}.destinations`, 'must name at least one destination');
  for (const [index, destination] of rule.destinations.entries()) {
    if (!destination.split(',').every((part) => checkAddress(part.trim()))) {
      report(`${path}.destinations[${index}]`, 'must be an address, a CIDR block or a range a-b with a not above b');
    }
  }
  const ported = rule.protocol === 'tcp' || rule.protocol === 'udp';
  if (ported) {
    if (rule.ports.length === 0 && rule.port_range === undefined)
      report(`${path}.ports`, 'ports or port_range is required');
    if (rule.ports.length > 0 && rule.port_range !== undefined)
      report(`${path}.ports`, 'ports and port_range exclude each other');
    for (const [index, port] of rule.ports.entries()) range(port, 1, 65_535, `${path}.ports[${index}]`, report);
    if (rule.port_range !== undefined) {
      const { start, end } = rule.port_range;
      range(start, 1, 65_535, `${path}.port_range.start`, report);
      range(end, 1, 65_535, `${path}.port_range.end`, report);
      if (start > end) report(`${path}.port_range`, 'start must not be above end');
    }
  } else if (rule.ports.length > 0 || rule.port_range !== undefined) {
    report(`${path}.ports`, `does not go with protocol ${rule.protocol}`);
  }
  const icmp = rule.protocol === 'icmp' || rule.protocol === 'icmpv6';
  if (icmp && rule.icmp_info === undefined) report(`${path}.icmp_info`, `is required for ${rule.protocol}`);
  if (!icmp && rule.icmp_info !== undefined) report(`${path}.icmp_info`, `does not go with protocol ${rule.protocol}`);
}

function checkCachedDependency(dependency: CachedDependency, path: string, report: Report): void {
  checkUrl(dependency.from, `${path}.from`, report);
  checkAbsolute(dependency.to, `${path}.to`, report);
  checkChecksum(dependency, path, report);
}
