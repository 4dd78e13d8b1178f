//! VMs leave nothing behind. Alone in its process, because it counts the process's objects.

use wasmspan::config::HostRegistration;
use wasmspan::raw::live_objects;
use wasmspan::{Config, Module, Vm};

#[test]
fn vms_with_hosts_imports_and_failed_runs_are_freed() {
    let mut config = Config::default();
    config.host_registrations.add(HostRegistration::Wasi);
    let module = Module::new(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (import "lib" "table" (table 1 funcref))
            (memory 1)
            (elem (i32.const 0) $leave)
            (func $leave (export "leave") (call $exit (i32.const 3)))
            (func (export "trap") unreachable))"#,
    )
    .unwrap();
    let library = Module::new(r#"(module (table (export "table") 1 funcref))"#).unwrap();
    for _ in 0..300 {
        let vm = Vm::new(&config).unwrap();
        vm.register_module("lib", &library).unwrap();
        assert!(vm.run_module(&module, "leave", &[]).unwrap_err().is_terminated());
        assert_eq!(vm.wasi().unwrap().exit_code(), 3);
        vm.load_module(&module);
        vm.validate().unwrap();
        vm.instantiate().unwrap();
        let active = vm.active_module().unwrap();
        drop(vm);
        // A handle that outlives the VM keeps what it needs.
        assert!(active.call("leave", &[]).unwrap_err().is_terminated());
    }
    assert_eq!(live_objects(), 0);
}
