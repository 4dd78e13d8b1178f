//! Crossing the border between host and wasm: calls in both directions, and traps.

use crate::guest::PEER_ENGINE;
use crate::handlers::Handlers;
use crate::measure::{Sample, compare, time};
use crate::report::{Bar, Report};
use crate::{Options, Result};
use std::hint::black_box;

const CALLS: &str = r#"(module
    (import "env" "add" (func $add (param i32 i32) (result i32)))
    (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1)))
    (func (export "loop") (param $count i32) (result i32) (local $sum i32)
        (loop $again
            (local.set $sum (call $add (local.get $sum) (local.get $count)))
            (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
        (local.get $sum)))"#;

/// Calls of wasm through a typed function, and of typed closures from a loop in wasm.
pub fn calls(options: &Options, report: &mut Report) -> Result<()> {
    let module = wasmspan::Module::new(CALLS)?;
    let instance = |add| wasmspan::Executor::default().instantiate_with(&module, &[add]);
    let plain = instance(wasmspan::Func::wrap(|a: i32, b: i32| a.wrapping_add(b))?.into())?;
    let with_caller = instance(
        wasmspan::Func::wrap(|_: wasmspan::Caller<'_>, a: i32, b: i32| a.wrapping_add(b))?.into(),
    )?;

    let peer_module = wasmtime::Module::new(&PEER_ENGINE, CALLS)?;
    let mut store = wasmtime::Store::new(&PEER_ENGINE, ());
    let add = wasmtime::Func::wrap(&mut store, |a: i32, b: i32| a.wrapping_add(b));
    let peer_plain = wasmtime::Instance::new(&mut store, &peer_module, &[add.into()])?;
    let add = wasmtime::Func::wrap(&mut store, |_: wasmtime::Caller<'_, ()>, a: i32, b: i32| {
        a.wrapping_add(b)
    });
    let peer_with_caller = wasmtime::Instance::new(&mut store, &peer_module, &[add.into()])?;

    let name = "call/host to wasm";
    if options.wants(name) {
        let add = plain.typed::<(i32, i32), i32>("add")?;
        let mut ours = repeat(|sum| add.call((sum, 1)).unwrap());
        let peer_add = peer_plain.get_typed_func::<(i32, i32), i32>(&mut store, "add")?;
        let mut peer = repeat(|sum| peer_add.call(&mut store, (sum, 1)).unwrap());
        let comparison = compare(options.rounds, &mut ours, &mut peer);
        report.compared(name, &comparison, Bar::Ratio(1.0));
    }
    for (name, instance, peer_instance) in [
        ("call/wasm to host", &plain, &peer_plain),
        ("call/wasm to host with caller", &with_caller, &peer_with_caller),
    ] {
        if !options.wants(name) {
            continue;
        }
        let run = instance.typed::<i32, i32>("loop")?;
        let mut ours = |count| time(|| run.call(count as i32).unwrap());
        let peer_run = peer_instance.get_typed_func::<i32, i32>(&mut store, "loop")?;
        let mut peer = |count| time(|| peer_run.call(&mut store, count as i32).unwrap());
        let comparison = compare(options.rounds, &mut ours, &mut peer);
        report.compared(name, &comparison, Bar::Ratio(1.2));
    }
    Ok(())
}

/// Calls `work` with what it returned before.
fn repeat(mut work: impl FnMut(i32) -> i32) -> impl FnMut(u64) -> Sample {
    move |count| time(|| (0..count).fold(black_box(0), |sum, _| work(sum)))
}

const TRAPS: &str = r#"(module
    (memory 1)
    (func $deep (param $depth i32)
        (if (i32.eqz (local.get $depth)) (then (unreachable)))
        (call $deep (i32.sub (local.get $depth) (i32.const 1))))
    (func (export "unreachable") (param i32) (result i32) (unreachable))
    (func (export "memory out of bounds") (param i32) (result i32)
        (i32.load offset=65536 (local.get 0)))
    (func (export "divide by zero") (param i32) (result i32)
        (i32.div_s (i32.const 1) (local.get 0)))
    (func (export "unreachable, 20 deep") (param i32) (result i32)
        (call $deep (i32.const 18))
        (i32.const 0)))"#;

/// From a call to the error that it ends in.
pub fn traps(options: &Options, handlers: &Handlers, report: &mut Report) -> Result<()> {
    let instance = wasmspan::Module::new(TRAPS)?.instantiate(&wasmspan::Store::new())?;
    let peer_module = wasmtime::Module::new(&PEER_ENGINE, TRAPS)?;
    let mut store = wasmtime::Store::new(&PEER_ENGINE, ());
    let peer_instance = wasmtime::Instance::new(&mut store, &peer_module, &[])?;
    let kinds = [
        ("unreachable", Bar::Ratio(1.0)),
        ("memory out of bounds", Bar::Ratio(1.0)),
        ("divide by zero", Bar::Ratio(1.0)),
        ("unreachable, 20 deep", Bar::None),
    ];
    for (kind, bar) in kinds {
        let name = format!("trap/{kind}");
        if !options.wants(&name) {
            continue;
        }
        let call = instance.typed::<i32, i32>(kind)?;
        let mut ours = repeat(|_| {
            drop(black_box(call.call(0).unwrap_err()));
            0
        });
        let mut ours = |count| {
            handlers.put_ours();
            ours(count)
        };
        let peer_call = peer_instance.get_typed_func::<i32, i32>(&mut store, kind)?;
        let mut peer = repeat(|_| {
            drop(black_box(peer_call.call(&mut store, 0).unwrap_err()));
            0
        });
        let mut peer = |count| {
            handlers.put_peer();
            peer(count)
        };
        report.compared(&name, &compare(options.rounds, &mut ours, &mut peer), bar);
    }
    Ok(())
}
