/** Words that mark a secret anywhere in a name: SLACKTOKEN, dbPassword. */
const ANYWHERE = /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|WEBHOOK|OAUTH|AUTHORIZATION/;
/**
 * Words that mark a secret only as a whole word, since others contain them: PASS in COMPASS, KEY in MONKEY, AUTH in
 * AUTHOR.
 */
const WORD =
  /^(?:(?:DB|SQL|MYSQL|PG|SMTP|MAIL|REDIS|USER|ADMIN|ROOT)?(?:PASS|PW)|\w*PWD|PAT|JWTS?|CREDS?|(?:API|ACCESS|PRIVATE|SIGNING|MASTER|ENCRYPTION|SERVICE|SSH)?KEYS?|PRIVATE|(?:BASIC)?AUTH|BEARER|SIGN|SIGNING|SIGNATURE|DSN|COOKIES?|SALT)\d*$/;
/** The shell's variables for folders, whose names look like a password's. */
const FOLDERS: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);
/** A name that ends in one of these says where a secret is, not what it is. */
const PLACE = /^(?:FILE|DIR|FOLDER)$/;

/**
 * Shapes of secrets. Each must begin a word (`task-1` contains no `sk-1`) and have a value of its own, not a
 * `${NAME}` of a config.
 */
const SHAPES: readonly RegExp[] = [
  /(?<![\w-])(?:xox[a-z]-|xapp-|gh[pousr]_|github_pat_|glpat-|whsec_|[rs]k_(?:live|test)_)\w/,
  /(?<![\w-])sk-[\w-]{8}/,
  // A JSON Web Token: its first part begins as every JSON object in base64url.
  /(?<![\w-])eyJ[\w-]+\.[\w-]+\./,
  /-----BEGIN/,
  /(?<![\w-])(?:(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30})/,
  // The token of a Telegram bot, and of a Discord bot.
  /(?<!\d)\d{6,12}:[\w-]{30}|(?<![\w-])[\w-]{23,28}\.[\w-]{6}\.[\w-]{27}/,
  // An Authorization header; `Basic authentication` and `Bearer token` are prose.
  /\b(?:Bearer|Basic) +(?=\S*\d)[\w.~+/-]{8}/i,
  // A webhook to which anyone who knows its URL may post.
  /hooks\.slack\.com\/\w+\/\w|discord(?:app)?\.com\/api\/webhooks\/\d+\/\w|webhook\.office\.com\/webhookb2\/\w/i,
  // A password in a connection string or an option.
  /(?<![a-z])(?:password|passwd|pwd|accountkey|sharedaccesskey)\s*=\s*(?!\$\{)[^\s;&]/i,
  /:\/\/[^/\s:@]*:(?!\$\{)[^/\s]+@/,
];

/** Whether a variable of that name counts as a secret, whatever its value: it guesses on the safe side. Pure. */
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

/** Whether a KEY is a public key, or the URL that keys are fetched from. */
function isOpenKey(word: string, words: readonly string[], index: number): boolean {
  return /^KEYS?$/.test(word) && (words[index - 1] === 'PUBLIC' || words[index + 1] === 'URL');
}

/** Whether a text contains something in the shape of a known secret, whatever its name. Pure. */
export function hasSecretShape(text: string): boolean {
  return SHAPES.some((shape) => shape.test(text));
}
