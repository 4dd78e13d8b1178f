/**
 * What the JavaScript API's interface definitions demand of arguments and of classes.
 */
/** Bytes as callers give them: a buffer, or a view of a part of one. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;
