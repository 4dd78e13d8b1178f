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

NAPI_MODULE_INIT() {
  napi_value fn;
  napi_create_function(env, "add", 3, add, NULL, &fn);
  napi_set_named_property(env, exports, "add", fn);
  napi_create_function(env, "callMany", 8, call_many, NULL, &fn);
  napi_set_named_property(env, exports, "callMany", fn);
  napi_create_function(env, "asyncAdd", 8, async_add, NULL, &fn);
  napi_set_named_property(env, exports, "asyncAdd", fn);
  return exports;
}
