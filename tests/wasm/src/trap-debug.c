// Traps on purpose, three calls deep; built with DWARF so that backtraces can show file and line.
__attribute__((noinline)) static int divide(int a, int b) {
  return a / b; // trap_divide(x, 0) stops here
}

__attribute__((noinline)) static int middle(int a, int b) {
  int r = divide(a, b);
  return r * 2 + 1;
}

__attribute__((export_name("trap_divide"))) int trap_divide(int a, int b) {
  int r = middle(a, b);
  return r + 1;
}

__attribute__((export_name("trap_memory"))) int trap_memory(int address) {
  int r = *(volatile int *)address;
  return r + 1;
}

__attribute__((export_name("trap_unreachable"))) void trap_unreachable(void) {
  __builtin_trap();
}
