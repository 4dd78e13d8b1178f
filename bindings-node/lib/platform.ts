/**
 * Machines for which there is an addon.
 */

/**
 * The addons that are published, each in a package of its own: `wasmspan-` and this name.
 * @internal
 */
export const ADDONS: readonly string[] = ["linux-x64-gnu"];

/**
 * Names that an addon for this machine may have.
 * @internal
 */
export function candidates(): string[] {
  const { arch, platform } = process;
  // npm installs only the package of the C library that is there.
  if (platform === "linux") return [`linux-${arch}-gnu`, `linux-${arch}-musl`];
  return platform === "win32" ? [`win32-${arch}-msvc`] : [`${platform}-${arch}`];
}

/**
 * The name that an addon for this machine would have.
 * @internal
 */
export function machine(): string {
  const [first = "", second] = candidates();
  if (second === undefined) return first;
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime === undefined ? second : first;
}
