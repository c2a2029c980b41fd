// Original file: proto/gavel/v1/explain.proto


export interface PlacementScore {
  'load'?: (number | string);
  'shape'?: (number | string);
  'total'?: (number | string);
}

export interface PlacementScore__Output {
  'load': (number);
  'shape': (number);
  'total': (number);
}
