import { describe, expect, it } from 'vitest';
import { replaceInBytes } from '../../ingest/erase/body.ts';
import { eraseEvent } from '../../ingest/erase/event.ts';
import { erasedNames, isErased, noErasures, withErased } from '../../ingest/erase/known.ts';
import { namesOf, type Spellings } from '../../ingest/erase/names.ts';
import { newRegister } from '../../ingest/erase/people.ts';
import { type Replacing, replaceIn } from '../../ingest/erase/replace.ts';

const secret = Buffer.from('0123456789abcdef0123456789abcdef');
const ADA = ['ada.lindqvist', 'ada-lindqvist', 'Ada Lindqvist', 'ada.lindqvist@kestrel.example'];

function looking(spellings: Partial<Spellings>): Replacing {
  return { secret, names: namesOf(secret, { own: ADA, shared: new Set(), others: [], ...spellings }) };
}

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes));
const bytesOf = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

describe('names in texts', () => {
  const her = looking({});
  const found = [
    'ada-lindqvist',
    'Merged by Ada Lindqvist (#12)',
    'ADA LINDQVIST',
    'ada-lindqvist-patch-1',
    'https://forge.example/ada-lindqvist/dotfiles/pull/3',
    'https://forge.example/search?author=Ada%20Lindqvist&state=open',
    'payload=%7B%22login%22%3A%22ada-lindqvist%22%7D&by=Ada+Lindqvist',
    '12345+ada-lindqvist@users.noreply.forge.example',
    'Co-authored-by: Ada Lindqvist <ada.lindqvist@kestrel.example>',
    'mailto:ada.lindqvist%40kestrel.example',
    'ada.lindqvist@home.example',
  ];
  it.each(found)('goes from: %s', (given) => {
    const without = replaceIn(her, given, 'title');
    expect(without).toMatch(/erased-/i);
    expect(without).not.toMatch(/lindqvist/i);
  });

  it.each(['tada-lindqvist', 'ada-lindqvistson', 'lindqvist', 'Ada Lovelace', ''])('stays in: %s', (given) => {
    expect(replaceIn(her, given, 'author')).toBe(given);
  });

  it('keeps what is different different and what is equal equal', () => {
    const without = ADA.map((name) => replaceIn(her, name, 'author'));
    expect(new Set(without.map((name) => name.toLowerCase())).size).toBe(ADA.length);
    const shouted = replaceIn(her, 'ADA-LINDQVIST', 'author');
    expect(shouted).not.toBe(without[1]);
    expect(shouted.toLowerCase()).toBe(without[1]);
    expect(replaceIn(her, 'ada-lindqvist', 'title')).toBe(without[1]);
  });

  it('knows a name written composed, decomposed, percent-encoded and without blanks around it', () => {
    const replacing = looking({ own: ['José Núñez', '李雷'] });
    for (const given of ['José Núñez', 'José Núñez'.normalize('NFD'), encodeURIComponent('José Núñez')])
      expect(replaceIn(replacing, `by ${given}.`, '')).toMatch(/^by erased-[a-z]+\.$/i);
    expect(replaceIn(replacing, '由李雷修复', '')).toMatch(/^由erased-[a-z]+修复$/);
  });

  it('leaves names of others that hold one of hers', () => {
    const replacing = looking({ own: ['grace'], others: ['grace-hopper', 'acme/grace-tools', 'grace[bot'] });
    for (const given of ['grace-hopper', 'acme/grace-tools', 'see ACME/grace-tools#3', 'grace[bot]'])
      expect(replaceIn(replacing, given, 'author')).toBe(given);
    expect(replaceIn(replacing, 'grace and grace-hopper', '')).toMatch(/^erased-[a-z]+ and grace-hopper$/);
  });

  it('takes a name that is a word only where a field names people', () => {
    const replacing = looking({ own: ['checkout', 'main', 'jo'], shared: new Set(['checkout']) });
    for (const [given, field] of [
      ['checkout', 'team'],
      ['checkout is down', 'title'],
      ['main', 'branch'],
      ['jo', 'environment'],
      ['merged into main', 'author'],
    ] as const)
      expect(replaceIn(replacing, given, field)).toBe(given);
    for (const given of ['checkout', 'main', 'Jo']) expect(replaceIn(replacing, given, 'author')).toMatch(/^erased-/i);
  });
});

describe('names in records', () => {
  const her = looking({});

  it('keeps every other byte of a body, numbers beyond 2^53 among them', () => {
    const body = `{ "id": 12345678901234567890,\t"n": 1.0, "login" : "ada-lindqvist", "caf\\u00e9": "ada\\u002dlindqvist \\"x\\"" }\n`;
    const without = text(replaceInBytes(her, bytesOf(body)));
    expect(without?.replace(/erased-[a-z]+/gi, '*')).toBe(
      `{ "id": 12345678901234567890,\t"n": 1.0, "login" : "*", "caf\\u00e9": "* \\"x\\"" }\n`,
    );
    expect(replaceInBytes(her, bytesOf('{"title":"caf\\u00e9"}'))).toBeNull();
  });

  it('takes what else tells of the account out of objects about it, and of nobody else', () => {
    const account = {
      login: 'ada-lindqvist',
      id: 4711,
      node_id: 'MDQ6VXNlcjQ3MTE=',
      avatar_url: 'https://avatars.forge.example/u/4711?v=4',
      html_url: 'https://forge.example/ada-lindqvist',
      type: 'User',
      site_admin: false,
    };
    const body = {
      action: 'opened',
      number: 4711,
      sender: account,
      commits: [{ author: { name: 'Ada Lindqvist', email: 'ada@home.example' }, id: 'abc' }],
      other: { login: 'grace', id: 7, avatar_url: 'https://avatars.forge.example/u/7?v=4' },
      repository: { id: 99, name: 'api', owner: { login: 'acme' } },
    };
    const without = JSON.parse(text(replaceInBytes(her, bytesOf(body)))!);
    expect(JSON.stringify(without)).not.toMatch(/lindqvist|MDQ6VXNlcjQ3MTE|u\/4711|ada@home/i);
    expect(without).toMatchObject({ number: 4711, other: body.other, repository: body.repository });
    expect(without.sender).toMatchObject({ type: 'User', site_admin: false });
    expect(without.sender.id).not.toBe(4711);
    expect(without.sender.html_url).toMatch(/^https:\/\/forge\.example\/erased-[a-z]+$/);
  });

  it('keeps the envelope of an event, and renames what it is about', () => {
    const event = {
      id: 'ada-lindqvist',
      type: 'person.joined',
      source: 'ada-lindqvist',
      subject: 'person:ada.lindqvist',
    };
    const whole = { ...event, delivery_id: '', occurred_at: '', data: { person: 'ada.lindqvist', team: 'a' } };
    const replaced = eraseEvent(her, 'person:ada.lindqvist', bytesOf(whole))!;
    const { subject, data, ...rest } = JSON.parse(text(replaced.value)!);
    expect(replaced.key).toBe(subject);
    expect(subject).toBe(`person:${data.person}`);
    expect(rest).toMatchObject({ id: 'ada-lindqvist', source: 'ada-lindqvist' });
    expect(eraseEvent(her, replaced.key, replaced.value)).toBeNull();
  });
});

describe('who goes by which names', () => {
  const register = newRegister();
  const tell = (id: string, type: string, occurred_at: string, data: object) =>
    register.add(bytesOf({ id, type, occurred_at, data }));
  tell('1', 'person.defined', '2026-01-01', { person: 'Ada', identities: ['ada-l', 'shared-mac', 'ada-old'] });
  tell('2', 'person.defined', '2026-02-01', { person: 'ada', identities: ['ada-l'] });
  tell('3', 'person.defined', '2026-02-01', { person: 'bo', identities: ['shared-mac', 'ada-bo'] });
  tell('4', 'change.merged', '2026-02-01', { author: 'ada-novak', repository: 'acme/ada-tools' });
  tell('5', 'change.merged', '2026-02-01', { author: 'carla', repository: 'ada-l/dotfiles' });
  tell('6', 'team.defined', '2026-02-01', { team: 'ada-l' });
  const found = (person: string, also: readonly string[] = []) => register.find(person, also);

  it('takes every account that was ever hers and is not now somebody else’s', () => {
    const { outcome, ...rest } = found('ADA');
    expect(outcome).toBe('found');
    const { own, shared, others } = (rest as { spellings: Spellings }).spellings;
    expect([...own].sort()).toEqual(['ADA', 'Ada', 'ada', 'ada-l', 'ada-old']);
    expect([...shared]).toEqual(['ada-l']);
    expect([...others].sort()).toEqual(['acme/ada-tools', 'ada-bo', 'ada-novak']);
  });

  it('says whose an account is, takes one that is nobody’s, and names similar ones', () => {
    expect(found('shared-mac')).toEqual({ outcome: 'account', person: 'bo' });
    expect(found('Carla', ['carla@home.example'])).toMatchObject({
      outcome: 'found',
      spellings: { own: ['Carla', 'carla@home.example'] },
    });
    expect(found('carlo')).toEqual({ outcome: 'unknown', similar: ['carla'] });
    expect(found('novak.ada')).toMatchObject({ outcome: 'unknown', similar: expect.arrayContaining(['ada-novak']) });
  });
});

describe('names that come again', () => {
  it('are known by their digests, and read from nowhere', () => {
    const names = namesOf(secret, { own: ADA, shared: new Set(), others: ['ada-lindqvist-tools'] });
    const known = withErased(noErasures(secret), names);
    expect(JSON.stringify(known)).not.toMatch(/lindqvist/i);
    const again: Replacing = { secret, names: erasedNames(known) };
    const plain: Replacing = { secret, names };
    for (const given of [...ADA, 'ADA Lindqvist', 'x ada-lindqvist-tools y', 'by=Ada+Lindqvist', 'nobody at all'])
      expect(replaceIn(again, given, 'author')).toBe(replaceIn(plain, given, 'author'));
    expect(isErased(known, 'ada-lindqvist')).toBe(true);
    expect(isErased(known, 'ada-lindqvist-tools')).toBe(false);
    expect(replaceIn({ secret, names: erasedNames(noErasures(secret)) }, 'ada-lindqvist', 'author')).toBe(
      'ada-lindqvist',
    );
  });
});
