/** A file to write; its path is from the root of the repository. */
export interface Output {
  readonly path: string;
  readonly text: string;
}
