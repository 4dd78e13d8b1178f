// What Node-API itself costs: the figures that the package is measured by.
#include <node_api.h>
#include <stdlib.h>

static napi_value add(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2], result;
  int32_t a, b;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  napi_get_value_int32(env, args[0], &a);
  napi_get_value_int32(env, args[1], &b);
  napi_create_int32(env, (int32_t)((uint32_t)a + (uint32_t)b), &result);
  return result;
}

// Calls a function (sum, 1) -> sum so many times, each in a scope of its own.
static napi_value call_many(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2], this, result;
  int32_t turns, sum = 0;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  napi_get_value_int32(env, args[1], &turns);
  napi_get_undefined(env, &this);
  for (int32_t turn = 0; turn < turns; turn++) {
    napi_handle_scope scope;
    napi_value values[2];
    napi_open_handle_scope(env, &scope);
    napi_create_int32(env, sum, &values[0]);
    napi_create_int32(env, 1, &values[1]);
    napi_call_function(env, this, args[0], 2, values, &result);
    napi_get_value_int32(env, result, &sum);
    napi_close_handle_scope(env, scope);
  }
  napi_create_int32(env, sum, &result);
  return result;
}

struct work {
  napi_async_work work;
  napi_deferred deferred;
  int32_t a, b;
};

static void execute(napi_env env, void *data) {
  (void)env;
  struct work *work = data;
  work->a += work->b;
}

static void complete(napi_env env, napi_status status, void *data) {
  (void)status;
  struct work *work = data;
  napi_value result;
  napi_create_int32(env, work->a, &result);
  napi_resolve_deferred(env, work->deferred, result);
  napi_delete_async_work(env, work->work);
  free(work);
}

static napi_value async_add(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2], promise, name;
  struct work *work = malloc(sizeof *work);
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  napi_get_value_int32(env, args[0], &work->a);
  napi_get_value_int32(env, args[1], &work->b);
  napi_create_promise(env, &work->deferred, &promise);
  napi_create_string_utf8(env, "add", 3, &name);
  napi_create_async_work(env, NULL, name, execute, complete, work, &work->work);
  napi_queue_async_work(env, work->work);
  return promise;
}

// An object with a number, and a function that it gives: what a global and a table are at least.
struct cell {
  int32_t number;
  napi_ref function;
};

static void free_cell(napi_env env, void *data, void *hint) {
  (void)hint;
  struct cell *cell = data;
  napi_delete_reference(env, cell->function);
  free(cell);
}

static napi_value new_cell(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value this, arg;
  struct cell *cell = calloc(1, sizeof *cell);
  napi_get_cb_info(env, info, &count, &arg, &this, NULL);
  napi_create_reference(env, arg, 1, &cell->function);
  napi_wrap(env, this, cell, free_cell, NULL, NULL);
  return this;
}

static napi_value get_value(napi_env env, napi_callback_info info) {
  napi_value this, result;
  void *cell;
  napi_get_cb_info(env, info, NULL, NULL, &this, NULL);
  napi_unwrap(env, this, &cell);
  napi_create_int32(env, ((struct cell *)cell)->number, &result);
  return result;
}

static napi_value set_value(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value this, arg;
  void *cell;
  napi_get_cb_info(env, info, &count, &arg, &this, NULL);
  napi_unwrap(env, this, &cell);
  napi_get_value_int32(env, arg, &((struct cell *)cell)->number);
  return NULL;
}

static napi_value get_element(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value this, arg, result;
  void *cell;
  uint32_t index;
  napi_get_cb_info(env, info, &count, &arg, &this, NULL);
  napi_unwrap(env, this, &cell);
  napi_get_value_uint32(env, arg, &index);
  napi_get_reference_value(env, ((struct cell *)cell)->function, &result);
  return result;
}

static napi_value fail(napi_env env, napi_callback_info info) {
  (void)info;
  napi_throw_error(env, NULL, "unreachable");
  return NULL;
}

// Calls a function with one number less than it was given.
static napi_value nest(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2], this, result = NULL;
  int32_t levels;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  napi_get_value_int32(env, args[1], &levels);
  napi_get_undefined(env, &this);
  napi_create_int32(env, levels - 1, &args[1]);
  napi_call_function(env, this, args[0], 1, &args[1], &result);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value fn;
  napi_create_function(env, "add", 3, add, NULL, &fn);
  napi_set_named_property(env, exports, "add", fn);
  napi_create_function(env, "callMany", 8, call_many, NULL, &fn);
  napi_set_named_property(env, exports, "callMany", fn);
  napi_create_function(env, "asyncAdd", 8, async_add, NULL, &fn);
  napi_set_named_property(env, exports, "asyncAdd", fn);
  napi_create_function(env, "fail", 4, fail, NULL, &fn);
  napi_set_named_property(env, exports, "fail", fn);
  napi_create_function(env, "nest", 4, nest, NULL, &fn);
  napi_set_named_property(env, exports, "nest", fn);
  napi_property_descriptor members[] = {
      {.utf8name = "value", .getter = get_value, .setter = set_value},
      {.utf8name = "get", .method = get_element},
  };
  napi_define_class(env, "Cell", 4, new_cell, NULL, 2, members, &fn);
  napi_set_named_property(env, exports, "Cell", fn);
  return exports;
}
