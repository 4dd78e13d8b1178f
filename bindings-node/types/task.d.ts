/** How long something may take, and what stops it before. */
export interface CallOptions {
    /** Milliseconds after which the guest is stopped with a {@link TimeoutError}. */
    timeout?: number;
    /** Stops the guest when it is aborted; the call is then rejected with the signal's reason. */
    signal?: AbortSignal;
}
