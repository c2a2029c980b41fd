// Original file: proto/gavel/v1/task.proto


export interface Network {
  /**
   * none or bridge; empty = the cell's default.
   */
  'mode'?: (string);
  /**
   * Labels `network.NAME` of the container.
   */
  'properties'?: ({[key: string]: string});
}

export interface Network__Output {
  /**
   * none or bridge; empty = the cell's default.
   */
  'mode': (string);
  /**
   * Labels `network.NAME` of the container.
   */
  'properties': ({[key: string]: string});
}
