// Original file: proto/gavel/v1/auction_service.proto


/**
 * Said once, when the cell's summaries are counted from now on.
 */
export interface Joined {
}

/**
 * Said once, when the cell's summaries are counted from now on.
 */
export interface Joined__Output {
}
