import { randomBytes, randomUUID } from 'node:crypto'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import t from 'tap'
import { estimateTokens, pieceTokens } from '../../../../src/views/text/token-estimate.ts'
import { startTestBridge } from '../../../helper/bridge.ts'
import { readingCalls } from '../../../tools.ts'

const times = (count: number, make: () => string, separator = '\n'): string =>
  Array.from({ length: count }, make).join(separator)

const mac = (): string => randomBytes(6).toString('hex').match(/../g)?.join(':') ?? ''

t.test('never below what answers cost, and not much above', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 200 } })
  let [estimated, real] = [0, 0]
  for (const { tool, args } of readingCalls(bridge))
    for (const accept of ['application/json', 'text/plain']) {
      const { text } = await bridge.call(tool, args, { accept })
      const tokens = encode(text).length
      const estimate = estimateTokens(text)
      t.ok(estimate >= tokens, `${tool} as ${accept}: ${estimate} for ${tokens}`)
      t.ok(estimate <= tokens * 1.4 + 5, `${tool} as ${accept}: not far above`)
      estimated += estimate
      real += tokens
    }
  const ratio = estimated / real
  t.comment(`${estimated} estimated for ${real}: ${ratio.toFixed(2)} times`)
  t.ok(ratio <= 1.3, `${ratio.toFixed(2)} times what they cost`)
})

t.test('what names and values can be made of', async (t) => {
  const umlauts =
    'Überwachungsserver für die Außenstelle Köln, täglich um 3 Uhr gesichert; zuständig: Jürgen Müßig'
  const texts: Record<string, string> = {
    'one uuid': randomUUID(),
    uuids: times(200, randomUUID),
    'uuids in capitals': times(200, () => randomUUID().toUpperCase(), ','),
    'MAC addresses': times(200, mac),
    'MAC addresses in capitals': times(200, () => mac().toUpperCase()),
    addresses: times(200, () => [...randomBytes(4)].join('.')),
    hex: randomBytes(2000).toString('hex'),
    base64: randomBytes(4000).toString('base64'),
    base64url: randomBytes(4000).toString('base64url'),
    numbers: times(200, () => String(randomBytes(6).readUIntBE(0, 6)), ','),
    times: times(100, () => new Date(randomBytes(5).readUIntBE(0, 5) * 2).toISOString()),
    German: umlauts,
    'German compounds':
      'Druckserver Lagerverwaltung Zeiterfassung Warenwirtschaft Sicherungskopie Fernwartung Anlagensteuerung',
    Polish: 'Zażółć gęślą jaźń serwer poczty główny węzeł',
    Russian: 'Сервер базы данных бухгалтерии, резервная копия каждую ночь',
    Japanese: 'データベースサーバー 東京本社 バックアップ',
    Chinese: '数据库服务器 备份 北京 总部 邮件',
    Arabic: 'خادم قاعدة البيانات',
    signs: '🚀 prod 👩‍💻 ✅ ❌ 🇩🇪',
    names: 'srv-pg-prd-01 dc01-fra WIN2K19-SQLSTD-07 k8s-wrk-03 DEFRAP01V-SAPHDB PLC_GW_LN4',
    marks: '§$%&/()=?`*~#+-_.:,;<>|^°!"\\{}[]@€',
    'JSON in JSON': JSON.stringify(JSON.stringify({ a: 'x\ny\t"z"', path: 'C:\\temp\\x' })),
    'a long description':
      'Application server of the billing department, moved here in May. '.repeat(40)
  }
  for (const [kind, text] of Object.entries(texts)) {
    const tokens = encode(text).length
    t.ok(estimateTokens(text) >= tokens, `${kind}: ${estimateTokens(text)} for ${tokens}`)
  }
  t.equal(estimateTokens(''), 0)
})

/** What people call VMs by where English does not help, and what else costs more than it looks. */
const rareWords: Record<string, string> = {
  IPA: 'ˈkwɪk ˈbraʊn ˈfɒks ˈdʒʌmps ˈoʊvər ðə ˈleɪzi ˈdɒɡ ʃɛəd sˈɜːvə θɪŋ ŋɑː',
  'places in Japan':
    'nishinomiya-hachioji kawaguchiko shimonoseki utsunomiya takarazuka kishiwada higashiosaka',
  'places in Finland':
    'jyvaskyla-lappeenranta hameenlinna rovaniemi savonlinna kajaani seinajoki uusikaupunki',
  'places in India': 'thiruvananthapuram visakhapatnam tiruchirappalli vijayawada bhubaneswar',
  'places in Wales': 'llanfairpwllgwyngyll aberystwyth pontypridd machynlleth ystradgynlais',
  'Greek gods': 'persephone-hephaestus asclepius mnemosyne amphitrite eurydice terpsichore',
  stars: 'betelgeuse aldebaran zubenelgenubi fomalhaut deneb-algedi alpheratz rasalhague',
  software: 'kafka zookeeper elasticsearch logstash kibana grafana prometheus alertmanager',
  Swahili: 'seva ya hifadhidata ya uhasibu nakala rudufu kila usiku',
  Amharic: 'የውሂብ ጎታ አገልጋይ አዲስ አበባ መጠባበቂያ',
  Turkish: 'yedekleme sunucusu veritabanı muhasebe güvenlik duvarı İstanbul şubesi çalışıyor',
  Lithuanian: 'duomenų bazės serveris buhalterijos atsarginė kopija kiekvieną naktį skyrius',
  Latvian: 'datubāzes serveris grāmatvedības rezerves kopija katru nakti Rīgas filiāle',
  Romanian: 'serverul bazei de date al contabilității, copie de siguranță în fiecare noapte',
  Czech: 'databázový server účetnictví, záloha každou noc, pobočka Plzeň, žluťoučký kůň',
  Hungarian: 'adatbázis-kiszolgáló könyvelés biztonsági mentés minden éjjel telephely',
  Vietnamese: 'máy chủ cơ sở dữ liệu kế toán, sao lưu mỗi đêm, chi nhánh Hồ Chí Minh',
  'Greek capitals': 'ΔΙΑΚΟΜΙΣΤΗΣ ΒΑΣΗΣ ΔΕΔΟΜΕΝΩΝ ΛΟΓΙΣΤΗΡΙΟ ΑΘΗΝΑ ΑΝΤΙΓΡΑΦΟ',
  'Russian capitals': 'СЕРВЕР БАЗЫ ДАННЫХ БУХГАЛТЕРИЯ РЕЗЕРВНАЯ КОПИЯ',
  Hindi: 'डेटाबेस सर्वर लेखा विभाग हर रात बैकअप',
  Khmer: 'ម៉ាស៊ីនមេមូលដ្ឋានទិន្នន័យ គណនេយ្យ ភ្នំពេញ',
  Korean: '데이터베이스 서버 회계 백업 매일 밤 서울 본사'
}

const anyOf = (count: number, from: number, to: number): string =>
  times(count, () => String.fromCharCode(from + (randomBytes(2).readUInt16BE() % (to - from))), '')

t.test('words that no vocabulary has, and odd signs', async (t) => {
  const odd: Record<string, string> = {
    blanks: ' '.repeat(3000),
    tabs: '\t'.repeat(1000),
    'line breaks': '\n'.repeat(1000),
    'blanks and tabs': ' \t'.repeat(300),
    'accents that stand alone': anyOf(600, 0x300, 0x370),
    'letters with such': times(300, () => `e${anyOf(1, 0x300, 0x370)}`, ''),
    'any Hangul': anyOf(1000, 0xac00, 0xd7a4),
    'any letters of IPA': anyOf(500, 0x250, 0x300),
    'frames and arrows': '─│┌┐└┘→←↑↓⇒'.repeat(30),
    'wide letters': 'ｓｅｒｖｅｒ０１ '.repeat(20),
    syllables: times(400, () => anyOf(4, 97, 123).replaceAll(/./g, '$&a'), ' ')
  }
  const texts = {
    ...Object.fromEntries(
      Object.entries(rareWords).map(([kind, line]) => [kind, times(20, () => line)])
    ),
    ...odd
  }
  for (const [kind, text] of Object.entries(texts)) {
    const tokens = encode(text).length
    t.ok(pieceTokens(text) >= tokens, `${kind}: ${pieceTokens(text).toFixed(0)} for ${tokens}`)
  }
})

t.test('answers fit max_tokens whatever the VMs are called', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 160 } })
  const vms = [...bridge.simulator.world.state.virDomains.values()]
  for (const [kind, line] of Object.entries(rareWords)) {
    const words = line.split(/[ ,]+/)
    for (const [i, vm] of vms.entries())
      Object.assign(vm, {
        name: `${words[i % words.length]}-${words[(i * 7 + 1) % words.length]}`,
        tags: words.slice(0, 3).join(','),
        description: line
      })
    for (const args of [
      {},
      { fields: ['name', 'tags'], max_tokens: 2000 },
      { fields: ['name', 'description'], max_tokens: 2000 },
      { fields: ['name'], max_tokens: 500 }
    ])
      for (const accept of ['application/json', 'text/plain']) {
        const { text } = await bridge.call('vm_read', args, { accept })
        const { max_tokens: max = 4000 } = args as { max_tokens?: number }
        const tokens = encode(text).length
        t.ok(tokens <= max, `${kind}: ${tokens} of ${max} as ${accept}`)
      }
  }
})

t.test('lines may be added up', async (t) => {
  const lines = Array.from({ length: 50 }, () => `\n${randomUUID()}\tweb-01\tRUNNING\t2\t4 GiB`)
  const sum = lines.reduce((total, line) => total + pieceTokens(line), 0)
  t.ok(Math.abs(sum - pieceTokens(lines.join(''))) < 0.001)
})
