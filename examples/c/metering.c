/* What a guest costs: instructions counted exactly, a price for each, and an end when the budget is spent. */
#include "must.h"
#include <inttypes.h>

static const char guest[] = "(module (func (export \"count\") (param i32)"
                            "  (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))";

/* Counts down within a budget, and says how that ended. */
static void attempt(WasmEdge_VMContext *vm, const char *what, int turns, uint64_t budget) {
  wasmspan_limits limits = WASMSPAN_NO_LIMITS;
  limits.cost = budget;
  WasmEdge_Value param = WasmEdge_ValueGenI32(turns);
  WasmEdge_Result result = wasmspan_vm_execute_within(vm, name("count"), &param, 1, NULL, 0, &limits);
  printf("%s: %s\n", what, WasmEdge_ResultOK(result) ? "done" : WasmEdge_ResultGetMessage(result));
}

int main(void) {
  WasmEdge_LogOff(); /* Each call's figures would be in the log, as WasmEdge's are. */
  wasmspan_limits limits = WASMSPAN_NO_LIMITS;
  limits.cost = 100000;
  WasmEdge_ConfigureContext *config = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureStatisticsSetInstructionCounting(config, true);
  WasmEdge_ConfigureStatisticsSetCostMeasuring(config, true);
  must(wasmspan_configure_set_limits(config, &limits));
  WasmEdge_VMContext *vm = made(WasmEdge_VMCreate(config, NULL));
  instantiate(vm, load_text(config, guest));
  WasmEdge_ConfigureDelete(config);
  const WasmEdge_StatisticsContext *statistics = WasmEdge_VMGetStatisticsContext(vm);

  WasmEdge_Value turns = WasmEdge_ValueGenI32(100);
  must(WasmEdge_VMExecute(vm, name("count"), &turns, 1, NULL, 0));
  printf("instructions: %" PRIu64 "\n", WasmEdge_StatisticsGetInstrCount(statistics));
  must(WasmEdge_VMExecute(vm, name("count"), &turns, 1, NULL, 0));
  printf("the same again: %" PRIu64 "\n", WasmEdge_StatisticsGetInstrCount(statistics));

  /* A budget for one call, within what all calls together may cost. */
  attempt(vm, "100 turns for 1000", 100, 1000);
  attempt(vm, "1000 turns for 1000", 1000, 1000);
  attempt(vm, "a million turns", 1000000, WASMSPAN_UNLIMITED);
  printf("cost of all calls: %" PRIu64 "\n", WasmEdge_StatisticsGetTotalCost(statistics));
  WasmEdge_VMDelete(vm);
}
