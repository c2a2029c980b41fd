// Original file: proto/gavel/v1/cell_service.proto


export interface NoteEventsResponse {
}

export interface NoteEventsResponse__Output {
}
