/**
 * Words of four letters and more that responses consist of, each one token to the tokenizers of today;
 * in small letters, without endings such as -s and -ed.
 */
const words = `
  about accept account acted action active added address adds admin administrator affinity after again against
  agent alert allocated allocation allow alone already also always among another answer anything application
  archive argument array asked asking asks assembled attention auth authorities authority authorization
  availability available away back backup base baseline bearer because before begin behind belongs below bench
  best between bios block body boolean boot both branch bridge brief browser build bundle busy bytes cable cache
  calendar call came cancellation cannot capacity card case catalog certificate change chat check checksum choose
  chosen clean clear click client clone close cloud cluster code columns come comes comma command compact compare
  compatible complete compose condition config configured connect connection console container content controller
  copied copies copy core cores cors cost count coverage create critical ctrl curl current daily data database
  days debug default definition degrees delay delete demo deprecated description desired desk desktop detail
  development device diff directory disable disk disposition dist docker docs document does domain done down
  drive drivers duration during each earlier echo edge else email empty ending endpoint ends entities entity
  entry environment eras error errs estimate eval every everything exact example executed expiration expired
  expires export factor factory fail false fast fault fetch field figures file files fill filter find fingerprint
  first five folder follow form format formatted found four free freq from front full function further generate
  give given gone good grep grow guaranteed guest guide half hand hardware have header heal health healthy help
  here high highest hint hold host house html http hyper identifier image import info infrastructure init initial
  initialized input insert inside inspector install instance instead integer intel interface internal interval
  into items java joined json keep keys keyword kill kind know known label laid language largest last latency
  later latest lead leave left legacy letters level lies like limit line lines linux list live load local
  localhost logged login logs long look lose machine made mail make makes malformed many matter mean measured
  measures memory message meta method middle minimal missing mode model modified monitoring more morning most
  mount moves much must name named names nearest need network never newest next nobody node nodes none notes
  nothing notice null number object offers official offset often older once ones online only open operating
  operation operator option optional order origin other otherwise outcome output over owner page pages paging
  paired parameters params part password patch path pause payload peer percent percentage period permissions
  person physical ping pinned place plain plugins point poll port possible post postgres power practice prefer
  preferred present press print priority private prod program progress prompt protocol provider python query
  question queue quotes rand rate reachable read readable ready real record relay remote remove rename repeat
  replication reports request required reset resources response rest restart result retain retention returned
  returning revision right risk role roles routes rules running runs safety said same samsung scale schedule
  schema script search second secret seen self send sent separated serial server service session sets setting
  several severity shall share shell short should show shown shrink shutdown side signed silent simulator since
  single size skip slot slow small snap snapshot sockets some something sorting source spec split stand standard
  start state statistics status stay step still stop storage stored strategy strict string such suite summary
  support swagger switch system table tabs tags take taken takes target task tech temperature template terminal
  test text than that their them then there these they third this those threads three threshold through time
  timeout times timestamp tmpl token tool total transfer transient tries trigger true trusted type types ubuntu
  unable unavailable under units unix unknown unless until update upgrade usable usage used user username uses
  usual uuid valid validate value variable vendor verify version virtual visible wait wanted warn ways week well
  what when where whether which while whole windows with within without word work worst wrapped write written
  wrong yaml your
`

const known = new Set(words.trim().split(/\s+/))

const endings = ['s', 'd', 'es', 'ed', 'er', 'ing', 'ly']

/** Whether a word, in small letters, is one that costs a single token, or little more with its ending. */
export const isCommonWord = (word: string): boolean =>
  known.has(word) ||
  endings.some((ending) => word.endsWith(ending) && known.has(word.slice(0, -ending.length)))
