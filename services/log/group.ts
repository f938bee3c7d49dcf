/** One reader of a group. Held by identity. */
export type Member = object;

/**
 * Shares the partitions of a topic among the readers of a group in this process, as Kafka does among processes. A member
 * gives a partition up only between its batches, and nobody else takes it before: never two at once.
 */
export interface Group {
  join(member: Member): void;
  leave(member: Member): void;
  /** Brings what `member` holds in line with its share; call between batches. Says what it newly holds and no longer holds. */
  settle(member: Member): { taken: number[]; given: number[] };
}

/** `changed` is called whenever another member may find something to do in {@link Group.settle}. */
export function createGroup(partitions: number, changed: () => void): Group {
  const members: Member[] = [];
  const owners = new Map<number, Member>();
  return {
    join(member) {
      members.push(member);
      changed();
    },
    leave(member) {
      members.splice(members.indexOf(member), 1);
      for (const [partition, owner] of owners) if (owner === member) owners.delete(partition);
      changed();
    },
    settle(member) {
      const taken: number[] = [];
      const given: number[] = [];
      for (let partition = 0; partition < partitions; partition++) {
        const mine = members[partition % members.length] === member;
        const owner = owners.get(partition);
        if (mine && owner === undefined) {
          owners.set(partition, member);
          taken.push(partition);
        } else if (!mine && owner === member) {
          owners.delete(partition);
          given.push(partition);
        }
      }
      if (given.length > 0) changed();
      return { taken, given };
    },
  };
}
