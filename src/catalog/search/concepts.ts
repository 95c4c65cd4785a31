import { once } from '../../lib/flow/once.ts'
import { stem, wordsOf } from './words.ts'

/**
 * What people say, by what it means in HyperCore: the first column is the concept, the second the
 * words and phrases that mean it. Other vendors' words stand beside our own. A phrase wins over the
 * words in it: `mail server` is smtp and no server.
 */
const meanings: Record<string, string> = {
  vm: 'vm, vms, virtual machine, guest, instance, vir domain, virdomain, domain, machine, virtual server, vps, ec2, virsh, workload, virtual computer, virtual box, vapp, droplet, qemu, kvm guest, nova, compute instance',
  node: 'node, host, hypervisor, hypervisor host, esxi, esxi host, physical server, physical host, physical machine, cluster member, compute node, hardware node, blade, chassis, esx, esx host, vmhost, compute host, pve node, physical box',
  cluster: 'cluster, pool, datacenter, system name',
  disk: 'disk, block device, block dev, hard disk, hdd, vhd, vhdx, vmdk, volume, vdisk, virtual hard disk, virtual hard drive, virtual drive',
  cdrom:
    'cdrom, cd rom, cd, dvd, dvd rom, optical drive, cd drive, dvd drive, virtual cd, virtual dvd, ide cdrom',
  drive:
    'drive, physical disk, physical drive, hard drive, nvme, spindle, physical storage, hardware disk, smart status, smart data, bare metal disk, datastore, storage pool, storage container, raid, lun, failed disk, failing disk',
  vdisk:
    'virtual disk, disk image, virtual disk image, qcow2 image, vmdk image, vsd, image file, disk file, raw image, vmdk file, qcow2 file, vhdx file, vhd file',
  nic: 'nic, nics, vnic, vmnic, network card, network adapter, network interface, network interface card, net device, net dev, netdev, net devs, ethernet, ethernet adapter, network device, interface, adapter, vif, virtual nic, virtual network cable, network cable, network connection, network port, ethernet port, ethernet card, lan adapter, lan card, virtual adapter',
  vlan: 'vlan, port group, portgroup, vlan tag, vlan id, network segment, network tag, vswitch, virtual switch, distributed switch, dvs',
  mac: 'mac, mac address, hardware address, ethernet address',
  snapshot:
    'snapshot, snap, checkpoint, restore point, recovery point, point in time copy, recovery checkpoint',
  schedule:
    'schedule, policy, protection policy, recurring, recurrence, recurrence rule, rrule, cron, nightly, hourly, daily, weekly, monthly, every night, every hour, every day, every week, automatic, automatically, periodic, regular, timetable, backup plan, protection plan, retention policy, rotation',
  retention: 'retention, retain, keep, keep for, expiry, expire, expiration',
  replication:
    'replication, resume replication, pause replication, replicate, replica, mirror, mirroring, disaster recovery, disaster recovery site, dr, dr site, srm, site recovery, second site, another site, second data center, other data center, another data center, second datacenter, other location, second location, offsite copy, remote copy',
  remote:
    'remote cluster, dr cluster, remote cluster connection, cluster connection, paired cluster, other cluster, other clusters, partner cluster, peer cluster, remote site, remote system, cluster link, cluster pairing, paired with, pairing, site pair, remote partner, connected cluster',
  stats:
    'stats, statistic, performance, performance counter, usage, utilization, utilisation, consumption, load, busy, iops, a lot, heavy, top, most cpu, most memory, resource hog, io load, disk io, network traffic, traffic, throughput, bandwidth, latency, counter, esxtop, cpu usage, cpu load, vir domain stats, io rate, read write rate, live metric, hungry, slow',
  iso: 'iso, isos, iso image, iso file, iso images, installation image, installation medium, installation media, install image, install media, install disc, content library, boot image, boot media, media library, installer image, install cd, setup medium, setup image, installation iso',
  condition:
    'condition, alarm, health, healthy, complain, go wrong, went wrong, anything wrong, issue, health condition, health check, warning, problem, fault, trouble, wrong, broken, alarms and events, cluster health, system health, critical event, unhealthy, degraded, sick',
  alert: 'alert, alerting, notification, notify, notice',
  user: 'user, account, user account, login account, administrator, admin, operator, colleague, employee, people, person, team member, login user, credential',
  password: 'password, passwd, passphrase, pwd',
  role: 'role, permission, privilege, access right, rbac, entitlement, access level, user right, user group, access control',
  dns: 'dns, dns server, dns config, name server, nameserver, name resolution, resolver, resolv conf, search domain, domain name server, name lookup, hostname resolution, dns suffix',
  ntp: 'ntp, ntp server, time server, time source, clock, system clock, chrony, time sync, time synchronization, time synchronisation, clock sync, time service',
  timezone: 'time zone, timezone, tz, local time',
  smtp: 'smtp, smtp server, mail server, email server, e mail server, mail relay, smtp relay, mail gateway, outgoing mail, mail host, smtp config, mail config, smtp settings, mail settings, mail setup, mail transport, smarthost, mail relay server, outgoing mail server',
  mail: 'mail, email, e mail, emails, recipient, mail address, email address, e mail address, inbox, mailbox, email target, mail recipient',
  syslog:
    'syslog, syslog server, syslog target, siem, log server, log forwarding, forward log, ship log, send log, rsyslog, splunk, graylog, remote logging, central logging, log collector, log host, log shipping, log target',
  oidc: 'oidc, oidc config, openid connect, open id connect, openid, open id, sso, single sign on, azure ad, entra, entra id, okta, keycloak, adfs, identity provider, idp, federated login, federation, federated, saml, active directory, ldap, oauth, external login, social login',
  certificate:
    'certificate, cert, tls, ssl, tls certificate, ssl certificate, ssl cert, tls cert, https certificate, web certificate, pem, x509, node certificate, server certificate',
  monitoring:
    'monitoring, monitoring config, metric, metrics, metric push, metrics push, influx, influxdb, grafana, prometheus, telegraf, telemetry, timescale, postgres, time series, metrics export, performance export, publisher, subscriber',
  registration:
    'registration, cluster registered, registered cluster, customer contact, company contact, support contact, contact person, company data, customer data, customer record, support registration, company name, company info',
  regdata: 'registration data, registration xml, cluster registration data, registration document',
  release:
    'update available, available update, software update, system update, firmware, firmware update, patch, patch level, new version, new release, new build, next release, latest version, latest release, hotfix, service pack, hypercore update, icos update, os update, upgrade, newer version, next version, available version, pending update',
  install: 'install, apply, roll out',
  task: 'task, job, task tag, task status, progress, background job, background task, running operation, async operation, pending operation, task progress, how far, going on, in progress, underway, percent done, job status, work queue',
  login:
    'login, log in, sign in, signin, authenticate, authentication, log on, logon, open session, start session, new session, session token, get session, access token',
  logout:
    'logout, log out, sign out, signout, log off, logoff, end session, close session, kill session, end my session, drop session, close my session',
  ping: 'ping, alive, heartbeat, reachable, liveness, up and running, responding, reachability, api status, api up, api is up, api is running, api is working, api work, respond',
  start:
    'start, power on, power up, turn on, switch on, boot up, bring up, resume, unpause, wake, fire up, poweron, startup, start up',
  stop: 'stop, power off, poweroff, turn off, switch off, force off, force stop, hard stop, kill, pull the plug, halt, force power off, cut power, force shutdown, hard power off, hard shutdown',
  shutdown:
    'shutdown, shut down, shutting down, shut, graceful shutdown, acpi shutdown, gracefully, guest shutdown, power down, power everything down, bring down',
  reboot: 'reboot, restart, re boot, bounce, soft reboot, warm reboot',
  reset:
    'hard reset, hard reboot, power cycle, force restart, force reboot, reset button, cold reboot',
  pause: 'pause, suspend, freeze, hibernate, put to sleep',
  migrate:
    'migrate, v motion, xen motion, migration, live migrate, live migration, livemigrate, vmotion, xenmotion, move to another node, move to another host, move to node, move to host, move between nodes, evacuate, relocate, rebalance, live move, quick migration, other node, another node, different node, another host, other host, different host, different hypervisor host',
  power: 'power, power state, power operation, power control, power management, vm state',
  nmi: 'nmi, non maskable interrupt, maskable interrupt, crash dump interrupt',
  clone:
    'clone, copy, duplicate, template, deploy from template, linked clone, full clone, replicate vm locally, golden image, instant clone, ami, machine image, identical, template vm, deep copy',
  revert: 'restore, revert, roll back, rollback, recover, undo, go back',
  export:
    'export, backup, back up, dump, vzdump, archive, write out, save to, ovf export, ova export',
  import:
    'import, bring back, load from, v2v, deploy ova, deploy ovf, ova import, ovf import, restore from backup, restore from export, restore backup, restore export, bring in, ingest, load a vm',
  ova: 'ova, ovf, appliance, virtual appliance, appliance file, vm package',
  share:
    'smb, smb share, cifs, network share, nas, file share, samba, windows share, shared folder, smb server, cifs share, network folder, unc path, backup share, network drive',
  upload:
    'upload, put file, send file, transfer file, send bytes, send the bytes, push file, byte, upload file',
  attach: 'attach, hook up, hook, mount to vm, connect disk image, plug in, attach to',
  tag: 'tag, vm tag, label vm, category, vm group, group tag',
  memory: 'memory, ram, mem, main memory, gb of ram, gib of ram, mb of ram',
  cpu: 'cpu, cpus, core, vcpu, vcpus, processor, num vcpu, cpu core, cpu count, cpu power, computing power, vcpu count, virtual processor, cpu number',
  gpu: 'gpu, graphics card, graphic card, video card, graphics adapter, accelerator, nvidia, graphics processor, cuda card, vgpu, virtual gpu',
  profile: 'profile, vgpu type, gpu profile type, vgpu profile',
  affinity:
    'affinity, anti affinity, drs, drs rule, pin to node, pin to host, preferred node, node affinity, host affinity, affinity rule, placement, placement rule, certain node, backup node, stick to node, strict affinity',
  tier: 'tier, tiering, tiering priority, ssd tier, flash priority, ssd priority, heat, hot tier, storage tier, flash tier, ssd, storage priority, tiering priority factor',
  capacity:
    'capacity, size, resize, grow, enlarge, expand, extend, bigger, larger, disk space, increase disk, disk size, gb, gib, terabyte, gigabyte',
  insert: 'insert, mount, load iso, insert iso, mount iso',
  eject: 'eject, unmount, dismount, take out the cd, take out the dvd',
  bootorder:
    'boot order, boot device, boot devices, boot sequence, boot priority, boot from, boot first, boot disk, boot list',
  cloudinit:
    'cloud init, cloudinit, user data, meta data, cloud config, cloud init data, first boot script, sysprep',
  tunnel:
    'support tunnel, remote support, support access, support api, tunnel, remote assistance, support connection, vendor access, remote hands',
  spec: 'cluster spec, specification, hardware feature, hardware capability, feature set, hardware record, cluster feature, capability, hardware spec',
  version:
    'version, release number, icos version, hypercore version, software version, build number, installed version, what release',
  connect: 'connect, connected, link up, link down, plug, unplug, cable, link state',
  disconnect: 'disconnect, disconnected',
  console: 'console, vnc, remote console, kvm console, screen, vm console, keymap, spice',
  ip: 'ip, ip address, ipv4, ipv4 address, ipv4 addresses, ip addresses',
  diff: 'snap diff, snapdiff, changed block, changed blocks, cbt, changed block tracking, difference between snapshots, block diff, delta between snapshots, incremental',
  test: 'test, trial, try out, test mail, test alert, test email, verify mail, test message, check delivery',
  nucleus: 'nucleus, nucleus key, ssh key, ssh public key, authorized key, public key',
  openapi:
    'openapi, open api, swagger, api document, api documentation, api spec, api specification, api schema, openapi document, openapi json, swagger ui, swagger file, interactive documentation',
  snmp: 'snmp, snmp config, snmp settings, snmp trap, mib, community string',
  describe: 'description, comment, annotation, note, notes, remark',
  rename: 'rename, new name, different name, another name, called, name',
  cache: 'cache, cache mode, write back, writeback, write through, writethrough, write cache',
  firmwaretype: 'machine type, uefi, bios, secure boot, vtpm, tpm, chipset, efi'
}

/**
 * Words whose meaning depends on the rest: each is read as what it says and, with less weight, as
 * what it may mean.
 */
const maybe: Record<string, [concept: string, weight: number][]> = {
  server: [['vm', 0.5]],
  box: [['vm', 0.6]],
  desktop: [['vm', 0.5]],
  vdi: [['vm', 0.5]],
  database: [['vm', 0.3]],
  company: [['registration', 0.6]],
  update: [['release', 0.5]],
  release: [['updat', 0.8]],
  customer: [['registration', 0.6]],
  login: [['user', 0.5]],
  finish: [['task', 0.7]],
  complete: [['task', 0.5]],
  fail: [['task', 0.4]],
  hour: [['schedule', 0.5]],
  midnight: [['schedule', 0.7]],
  continuously: [['replication', 0.7]],
  continuous: [['replication', 0.7]],
  label: [['tag', 0.5]],
  detach: [['eject', 0.4]],
  storage: [
    ['drive', 0.5],
    ['disk', 0.3]
  ],
  vdisk: [['disk', 0.6]],
  drive: [['disk', 0.4]],
  cdrom: [['disk', 0.6]],
  insert: [
    ['cdrom', 0.6],
    ['disk', 0.4]
  ],
  eject: [
    ['cdrom', 0.8],
    ['disk', 0.5]
  ],
  capacity: [['disk', 0.5]],
  tier: [['disk', 0.7]],
  cache: [['disk', 0.5]],
  vlan: [['nic', 0.8]],
  mac: [['nic', 0.7]],
  ip: [['nic', 0.5]],
  network: [['nic', 0.5]],
  connect: [['nic', 0.4]],
  disconnect: [
    ['nic', 0.6],
    ['connect', 0.8]
  ],
  alert: [['condition', 0.7]],
  event: [['condition', 0.7]],
  error: [['condition', 0.4]],
  mail: [
    ['smtp', 0.3],
    ['alert', 0.4]
  ],
  schedule: [['snapshot', 0.5]],
  retention: [
    ['snapshot', 0.5],
    ['schedule', 0.7]
  ],
  affinity: [['vm', 0.5]],
  bootorder: [['vm', 0.7]],
  cloudinit: [['vm', 0.4]],
  memory: [['vm', 0.3]],
  console: [['vm', 0.4]],
  firmwaretype: [['vm', 0.6]],
  tag: [['vm', 0.4]],
  migrate: [['power', 0.5]],
  start: [['power', 0.6]],
  stop: [['power', 0.6]],
  shutdown: [['power', 0.5]],
  reboot: [['power', 0.6]],
  reset: [
    ['power', 0.6],
    ['reboot', 0.5]
  ],
  pause: [['power', 0.6]],
  nmi: [['power', 0.6]],
  power: [
    ['start', 0.4],
    ['stop', 0.4]
  ],
  install: [['release', 0.6]],
  spec: [['cluster', 0.4]],
  version: [['cluster', 0.6]],
  profile: [['gpu', 0.5]],
  password: [['user', 0.5]],
  access: [
    ['user', 0.5],
    ['role', 0.4]
  ],
  monitoring: [['stats', 0.4]],
  replication: [['remote', 0.2]]
}

/** Words that mean one of several: where the question says which, the others are out. */
const oneOf: Record<string, [concept: string, weight: number][]> = {
  disk: [
    ['vdisk', 0.35],
    ['drive', 0.3]
  ],
  revert: [
    ['snapshot', 0.5],
    ['clone', 0.7],
    ['import', 0.5]
  ],
  ova: [
    ['import', 0.7],
    ['export', 0.6]
  ],
  image: [
    ['iso', 0.7],
    ['vdisk', 0.6]
  ]
}

/** Stems that mean a concept when they follow each other. */
export interface Phrase {
  words: string[]
  concept: string
}

/** Phrases by their first stem, the longest first. */
const byFirstWord = once(() => {
  const all = new Map<string, Phrase[]>()
  for (const [concept, list] of Object.entries(meanings))
    for (const text of list.split(', ')) {
      const words = wordsOf(text).map(stem)
      const first = words[0] ?? ''
      const known = all.get(first) ?? []
      if (known.some((phrase) => phrase.words.join(' ') === words.join(' '))) continue
      all.set(first, [...known, { words, concept }])
    }
  for (const phrases of all.values()) phrases.sort((a, b) => b.words.length - a.words.length)
  return all
})

/** Every word that takes part in a meaning, unstemmed: what a typing error may have meant. */
export const conceptWords = (): ReadonlySet<string> =>
  new Set([
    ...Object.values(meanings).flatMap((list) => list.split(', ').flatMap(wordsOf)),
    ...Object.keys(maybe),
    ...Object.keys(oneOf)
  ])

/** The longest phrase that the stems begin with at this place. */
export function conceptAt(stems: readonly string[], at: number): Phrase | undefined {
  const phrases = byFirstWord().get(stems[at] ?? '')
  if (phrases === undefined) return undefined
  for (const phrase of phrases) {
    let same = 1
    while (same < phrase.words.length && stems[at + same] === phrase.words[same]) same += 1
    if (same === phrase.words.length) return phrase
  }
  return undefined
}

const byStem = (
  table: Record<string, [concept: string, weight: number][]>
): ReadonlyMap<string, readonly [concept: string, weight: number][]> =>
  new Map(
    Object.entries(table).map(([word, means]) => [word in meanings ? word : stem(word), means])
  )

const besides = once(() => byStem(maybe))
const alternatives = once(() => byStem(oneOf))

/** What a stem or concept of a question may mean besides, with a weight below 1. */
export function alsoMeans(
  token: string,
  question: readonly string[]
): readonly [concept: string, weight: number][] {
  const others = alternatives().get(token) ?? []
  const said = others.some(([other]) => question.includes(other))
  return [...(besides().get(token) ?? []), ...(said ? [] : others)]
}

/** The names of the concepts: what people most probably mean. */
export const conceptNames: readonly string[] = Object.keys(meanings)

const concepts: ReadonlySet<string> = new Set(conceptNames)

/** Whether a token is a concept rather than a stem. */
export const isConcept = (token: string): boolean => concepts.has(token)
