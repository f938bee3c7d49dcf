import { kindOf, placeAt } from '../catalog.ts';
import { UNASSIGNED } from '../sql.ts';

/**
 * Gives rows of what a person did (`login` in lower case, `team_stated`) who that was and where they stood at the instant
 * `at`: `person_key`, a digest by which people are told apart; `person_kind`, bot or service or empty for a human; and the
 * dimensions. The team is the one that the sender states, else the person's own at that time (R60). Names the layer `people`.
 */
export const placed = (from: string, at: string, table: (layer: string) => string): string => {
  const place = (name: 'team' | 'region', stated: string) => {
    const places = `p.${name}s`;
    const then = placeAt(places, `f.${at}`);
    return `multiIf(${stated} != '', ${stated}, empty(${places}), '${UNASSIGNED}', ${then}) AS ${name},
      multiIf(notEmpty(${places}), ${places}[-1].3, ${stated} != '', ${stated}, '${UNASSIGNED}') AS ${name}_now`;
  };
  const others = ['tier', 'product'].flatMap((name) => [name, `${name}_now`]);
  return `
  SELECT f.*, hex(sipHash128(if(p.login = '', f.login, p.person_key))) AS person_key,
    ${kindOf('f.login', 'p.kind')} AS person_kind,
    ${place('team', 'f.team_stated')}, ${place('region', "''")}, ${others.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')}
  FROM (${from}) AS f
  LEFT JOIN ${table('people')} AS p ON p.login = f.login`;
};
