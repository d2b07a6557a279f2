import type { Script } from './app-facts.ts';

export type Language = 'javascript' | 'python';

const JS_IMPORT =
  /\b(?:from\s{0,20}|import\s{0,20}\(?\s{0,20}|require\s{0,20}\(\s{0,20})(["'`])([^"'`\n]{1,200})\1/g;
/** Its argument is no text, so that it may be any file. */
const JS_COMPUTED = /\b(?:require|import)\s{0,20}\(\s{0,20}[^"'`\s)]/;
/** A data file says nothing about how a bot connects. */
const DATA = /\.(?:json|ya?ml|txt|css|html?)$/;
const PYTHON_IMPORT =
  /^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import\b|import[ \t]+([\w.]+(?:[ \t]*(?:,|as[ \t]+)[ \t]*[\w.]+)*))/gm;

/**
 * What a script imports, found by its text: no line of it is executed. `isLocal` says whether a module of Python is a
 * file of the app. Takes time in proportion to the text. Pure.
 */
export function readScript(source: string, language: Language, isLocal: (module: string) => boolean): Script {
  return language === 'python' ? pythonScript(source, isLocal) : javaScript(source);
}

function javaScript(source: string): Script {
  const text = withoutBlocks(source, '/*', '*/').replace(/(^|\s)\/\/.*$/gm, '$1');
  const names = [...text.matchAll(JS_IMPORT)].map(([, , name = '']) => name);
  return {
    text,
    imports: new Set(names.filter((name) => !isOwnFile(name)).map(packageOf)),
    isWhole: !names.some((name) => isOwnFile(name) && !DATA.test(name)) && !JS_COMPUTED.test(text),
  };
}

/** `#` and `~` begin the aliases of package.json and of bundlers. */
function isOwnFile(name: string): boolean {
  return /^(?:\.|\/|#|~|@\/)/.test(name);
}

/** `@slack/bolt` of `@slack/bolt/dist/App`. */
function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

function pythonScript(source: string, isLocal: (module: string) => boolean): Script {
  const code = withoutBlocks(withoutBlocks(source, '"""', '"""'), "'''", "'''");
  const text = code.replace(/(^|\s)#.*$/gm, '$1');
  const modules = [...text.matchAll(PYTHON_IMPORT)].flatMap(([, from, list]) =>
    from === undefined ? importedBy(list ?? '') : [from],
  );
  const isOwn = (module: string) => module.startsWith('.') || isLocal(module.split('.')[0] ?? '');
  return {
    text,
    imports: new Set(modules.filter((module) => !isOwn(module)).flatMap(withParents)),
    isWhole: !modules.some(isOwn) && !/\b(?:__import__|import_module)\s{0,20}\(/.test(text),
  };
}

/** The modules of `a, b.c as d`. */
function importedBy(list: string): readonly string[] {
  return list.split(',').flatMap((part) => part.trim().split(/\s/)[0] || []);
}

/** `a`, `a.b` and `a.b.c` of `a.b.c`. */
function withParents(module: string): readonly string[] {
  const parts = module.split('.');
  return parts.map((_part, index) => parts.slice(0, index + 1).join('.'));
}

/** The text without what stands between these marks. What follows a mark that is never closed is kept. */
function withoutBlocks(text: string, open: string, close: string): string {
  const kept: string[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf(open, at);
    const end = start === -1 ? -1 : text.indexOf(close, start + open.length);
    if (end === -1) return kept.join('') + text.slice(at);
    // What stands on either side of a comment is two words.
    kept.push(text.slice(at, start), ' ');
    at = end + close.length;
  }
}
