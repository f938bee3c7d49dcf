/** placeholder until the page follows in this change */
export interface StatusModel {
  readonly slos: readonly unknown[];
}
