// Original file: proto/gavel/v1/callback_service.proto


export interface TestCallbackRequest {
  'url'?: (string);
  /**
   * How the sample ended; succeeded when it is left out.
   */
  'outcome'?: (string);
}

export interface TestCallbackRequest__Output {
  'url': (string);
  /**
   * How the sample ended; succeeded when it is left out.
   */
  'outcome': (string);
}
