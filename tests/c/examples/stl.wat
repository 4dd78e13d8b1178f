;; Passes two references to objects of the host on to the host.
(module
  (import "stl_module" "ostream_str" (func $print (param externref externref)))
  (func (export "call_ostream_str") (param externref externref)
    (call $print (local.get 0) (local.get 1))))
