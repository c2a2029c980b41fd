// Original file: proto/gavel/v1/callback_service.proto


export interface ListCallbackSecretsRequest {
}

export interface ListCallbackSecretsRequest__Output {
}
