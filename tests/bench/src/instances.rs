//! Instances: how long making one takes, what it costs while idle, and that none leaves a trace.

use crate::guest::PEER_ENGINE;
use crate::measure::{compare, time};
use crate::report::{Bar, Report};
use crate::usage::{Usage, count_heap};
use crate::{Options, Result};
use wasmspan::Executor;

/// A small module with one memory, one table, a few functions, and a segment for each.
const SMALL: &str = r#"(module
    (memory (export "memory") 1 16)
    (table (export "table") 4 4 funcref)
    (global $calls (mut i32) (i32.const 0))
    (type $op (func (param i32 i32) (result i32)))
    (func $add (type $op) (i32.add (local.get 0) (local.get 1)))
    (func $sub (type $op) (i32.sub (local.get 0) (local.get 1)))
    (func $mul (type $op) (i32.mul (local.get 0) (local.get 1)))
    (func (export "apply") (param $which i32) (param i32 i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.store (i32.const 64) (global.get $calls))
        (call_indirect (type $op) (local.get 1) (local.get 2) (local.get $which)))
    (elem (i32.const 0) $add $sub $mul)
    (data (i32.const 16) "a few bytes of data"))"#;

/// The same without segments, so that no page of its memory is touched.
const IDLE: &str = r#"(module
    (memory (export "memory") 1 16)
    (table (export "table") 4 4 funcref)
    (global $calls (mut i32) (i32.const 0))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "sub") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1))))"#;

/// 16 MB of data, of which an instance touches little.
fn large() -> String {
    let segment = r"\2a".repeat(1 << 20);
    let segments: String =
        (0..16).map(|n| format!("(data (i32.const {}) \"{segment}\")\n", n << 20)).collect();
    format!(
        r#"(module (memory (export "memory") 256)
            (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
            {segments})"#
    )
}

/// Time to make an instance and let it go.
pub fn instantiate(options: &Options, report: &mut Report) -> Result<()> {
    let executor = Executor::default();
    let module = wasmspan::Module::new(SMALL)?;
    let idle = wasmspan::Module::new(IDLE)?;
    let mut pool = wasmtime::Config::new();
    pool.allocation_strategy(wasmtime::PoolingAllocationConfig::default());
    let pool = wasmtime::Engine::new(&pool)?;
    let large_text = large();
    let large = wasmspan::Module::new(&large_text)?;
    let rows = [
        ("instantiate and drop", &module, SMALL, &*PEER_ENGINE, Bar::Ratio(1.0)),
        ("without segments", &idle, IDLE, &*PEER_ENGINE, Bar::None),
        ("peer with pool", &module, SMALL, &pool, Bar::Ratio(1.0)),
        ("without segments, peer with pool", &idle, IDLE, &pool, Bar::Ratio(1.0)),
        ("16 MB of data, peer with pool", &large, &large_text, &pool, Bar::Ratio(1.0)),
    ];
    for (kind, module, text, engine, bar) in rows {
        let name = format!("instance/{kind}");
        if !options.wants(&name) {
            continue;
        }
        let mut ours = |count| {
            time(|| {
                for _ in 0..count {
                    drop(executor.instantiate_with(module, &[]).unwrap());
                }
            })
        };
        let peer_module = wasmtime::Module::new(engine, text)?;
        let mut peer = |count| {
            time(|| {
                for _ in 0..count {
                    let mut store = wasmtime::Store::new(engine, ());
                    wasmtime::Instance::new(&mut store, &peer_module, &[]).unwrap();
                }
            })
        };
        report.compared(&name, &compare(options.short_rounds(), &mut ours, &mut peer), bar);
    }
    Ok(())
}

/// Memory of an idle instance beyond its pages.
pub fn idle(options: &Options, report: &mut Report) -> Result<()> {
    const LIVE: u64 = 1000;
    if !options.wants("instance/idle memory") {
        return Ok(());
    }
    let executor = Executor::default();
    let module = wasmspan::Module::new(IDLE)?;
    let ours = growth(|| executor.instantiate_with(&module, &[]).map_err(Into::into), LIVE)?;
    let module = wasmtime::Module::new(&PEER_ENGINE, IDLE)?;
    let make = || {
        let mut store = wasmtime::Store::new(&PEER_ENGINE, ());
        wasmtime::Instance::new(&mut store, &module, &[])?;
        Ok(store)
    };
    let peer = growth(make, LIVE)?;
    for (what, of) in [
        ("heap", (|usage| usage.heap) as fn(&Usage) -> i64),
        ("resident", |usage| usage.resident),
        ("page tables", |usage| usage.page_tables),
    ] {
        let each = |usage: &Usage| format!("{} B", of(usage) / LIVE as i64);
        report.figure(&format!("instance/idle memory: {what}"), each(&ours), each(&peer), None);
    }
    Ok(())
}

/// How much `count` live things add.
fn growth<T>(make: impl Fn() -> Result<T>, count: u64) -> Result<Usage> {
    let _counting = count_heap();
    // What stays from the first ones is not the price of each.
    let first: Vec<T> = (0..count).map(|_| make()).collect::<Result<_>>()?;
    let mut more = Vec::with_capacity(count as usize);
    let before = Usage::now();
    for _ in 0..count {
        more.push(make()?);
    }
    let growth = Usage::now().since(&before);
    drop((first, more));
    Ok(growth)
}

/// What is left after very many instances have come and gone: it should be nothing.
pub fn churn(options: &Options, report: &mut Report) -> Result<()> {
    let cycles: u64 = if options.quick { 100_000 } else { 1_000_000 };
    if !options.wants("instance/growth") {
        return Ok(());
    }
    let executor = Executor::default();
    let module = wasmspan::Module::new(SMALL)?;
    let ours = left(cycles, || {
        let instance = executor.instantiate_with(&module, &[])?;
        let result = instance.typed::<(i32, i32, i32), i32>("apply")?.call((2, 6, 7))?;
        assert_eq!(result, 42);
        Ok(())
    })?;
    let module = wasmtime::Module::new(&PEER_ENGINE, SMALL)?;
    let peer_cycles = cycles / 10;
    let peer = left(peer_cycles, || {
        let mut store = wasmtime::Store::new(&PEER_ENGINE, ());
        let instance = wasmtime::Instance::new(&mut store, &module, &[])?;
        let apply = instance.get_typed_func::<(i32, i32, i32), i32>(&mut store, "apply")?;
        assert_eq!(apply.call(&mut store, (2, 6, 7))?, 42);
        Ok(())
    })?;
    println!(
        "growth over {cycles} instances (wasmtime: {peer_cycles}), each made, called, dropped:"
    );
    for (what, ours, peer) in [
        ("heap bytes", ours.heap, peer.heap),
        ("mappings", ours.mappings, peer.mappings),
        ("descriptors", ours.descriptors, peer.descriptors),
    ] {
        let name = format!("instance/growth: {what}");
        report.figure(&name, ours.to_string(), peer.to_string(), Some(ours <= 0));
    }
    let resident = |usage: &Usage| format!("{} KiB", usage.resident / 1024);
    report.figure("instance/growth: resident", resident(&ours), resident(&peer), None);
    Ok(())
}

fn left(cycles: u64, cycle: impl Fn() -> Result<()>) -> Result<Usage> {
    let _counting = count_heap();
    for _ in 0..100 {
        cycle()?;
    }
    let before = Usage::now();
    for _ in 0..cycles {
        cycle()?;
    }
    Ok(Usage::now().since(&before))
}
