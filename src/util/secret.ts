/** Unmistakable wherever they stand in a name: SLACKTOKEN, dbPassword. */
const ANYWHERE = /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|WEBHOOK|OAUTH|AUTHORIZATION/;
/** One word of a name, since they are parts of others: PASS of COMPASS, KEY of MONKEY, AUTH of AUTHOR. */
const WORD =
  /^(?:(?:DB|SQL|MYSQL|PG|SMTP|MAIL|REDIS|USER|ADMIN|ROOT)?(?:PASS|PW)|\w*PWD|PAT|JWTS?|CREDS?|(?:API|ACCESS|PRIVATE|SIGNING|MASTER|ENCRYPTION|SERVICE|SSH)?KEYS?|PRIVATE|(?:BASIC)?AUTH|BEARER|SIGN|SIGNING|SIGNATURE|DSN|COOKIES?|SALT)\d*$/;
/** The shell's own folders, which no word tells from a password. */
const FOLDERS: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);
/** What is named so says where a secret stands, not what it is. */
const PLACE = /^(?:FILE|DIR|FOLDER)$/;

/** Each at the begin of a word (`task-1` holds no `sk-1`), and with a value of its own, no `${NAME}` of a config. */
const SHAPES: readonly RegExp[] = [
  /(?<![\w-])(?:xox[a-z]-|xapp-|gh[pousr]_|github_pat_|glpat-|whsec_|[rs]k_(?:live|test)_)\w/,
  /(?<![\w-])sk-[\w-]{8}/,
  // A JSON Web Token: its first part begins as every JSON object in base64url.
  /(?<![\w-])eyJ[\w-]+\.[\w-]+\./,
  /-----BEGIN/,
  // Of a connection string, or an option.
  /(?<![a-z])(?:password|passwd|pwd|accountkey|sharedaccesskey)\s*=\s*(?!\$\{)[^\s;&]/i,
  /:\/\/[^/\s:@]*:(?!\$\{)[^/\s]+@/,
];

/** Whether a variable of that name is taken for a secret, whatever it holds: a guess on the safe side. Pure. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word !== '');
  if (FOLDERS.has(name) || PLACE.test(words.at(-1) ?? '')) return false;
  return words.some(
    (word, index) => ANYWHERE.test(word) || (WORD.test(word) && !isOpenKey(word, words, index)),
  );
}

/** Everybody may know a public key, and where keys are fetched from. */
function isOpenKey(word: string, words: readonly string[], index: number): boolean {
  return /^KEYS?$/.test(word) && (words[index - 1] === 'PUBLIC' || words[index + 1] === 'URL');
}

/** Whether a text holds something in the shape of a known secret, whatever it is called. Pure. */
export function hasSecretShape(text: string): boolean {
  return SHAPES.some((shape) => shape.test(text));
}
