//! Strings and vectors through bindgen, against the same steps by hand and against copying alone.

use crate::measure::{Sample, compare, time};
use crate::report::{Bar, Report};
use crate::{Options, Result};
use std::hint::black_box;
use std::path::Path;
use wasmspan::bindgen::{Bindgen, Value};
use wasmspan::{Config, Executor, Func, Instance, Memory, Module, TypedFunc};

/// Size of the large vector, in bytes.
const LARGE: usize = 10_000_000;

/// The calls that the protocol needs, and nothing else.
struct ByHand {
    memory: Memory,
    allocate: TypedFunc<u32, u32>,
    deallocate: TypedFunc<(u32, u32), ()>,
    echo: TypedFunc<(u32, u32), u32>,
}

impl ByHand {
    fn new(instance: &Instance) -> Result<ByHand> {
        Ok(ByHand {
            memory: instance.get_memory("memory").ok_or("a memory")?,
            allocate: instance.typed("allocate")?,
            deallocate: instance.typed("deallocate")?,
            echo: instance.typed("echo_string")?,
        })
    }

    fn echo(&self, text: &str) -> wasmspan::Result<String> {
        let memory = &self.memory;
        let frame = self.allocate.call(8)?;
        let argument = self.allocate.call(text.len() as u32)?;
        memory.write(argument as usize, text.as_bytes())?;
        memory.write_value(frame as usize, argument)?;
        memory.write_value(frame as usize + 4, text.len() as u32)?;
        let record = self.echo.call((frame, 1))?;
        let table: u32 = memory.read_value(record as usize + 1)?;
        let address: u32 = memory.read_value(table as usize)?;
        let size: u32 = memory.read_value(table as usize + 8)?;
        let bytes = memory.read_vec(address as usize, size as usize)?;
        self.deallocate.call((address, size))?;
        self.deallocate.call((table, 12))?;
        self.deallocate.call((record, 9))?;
        self.deallocate.call((frame, 8))?;
        Ok(String::from_utf8(bytes).expect("what went in"))
    }
}

fn guest() -> Result<Instance> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm/bindgen-rust.wasm");
    let module = Module::from_file(&Config::default(), file)?;
    let imports = module.imports();
    let unused = imports.iter().map(|import| match &import.ty {
        wasmspan::ExternType::Func(ty) => Func::new(ty.clone(), |_, _, _| Ok(())).map(Into::into),
        other => Err(wasmspan::Error::host(format!("{other} is imported"))),
    });
    let unused: Vec<_> = unused.collect::<wasmspan::Result<_>>()?;
    Ok(Executor::default().instantiate_with(&module, &unused)?)
}

fn repeat(mut work: impl FnMut()) -> impl FnMut(u64) -> Sample {
    move |count| time(|| (0..count).for_each(|_| work()))
}

/// Every row of bindgen.
pub fn bindgen(options: &Options, report: &mut Report) -> Result<()> {
    let instance = guest()?;
    let bindgen = Bindgen::new(&instance)?;
    let name = "bindgen/string of 100 bytes";
    if options.wants(name) {
        let by_hand = ByHand::new(&instance)?;
        let text = "x".repeat(100);
        let mut ours = repeat(|| {
            let results = bindgen.call_as::<String>("echo_string", &[Value::from(&*text)]);
            drop(black_box(results.expect("an echo")));
        });
        let mut peer = repeat(|| drop(black_box(by_hand.echo(&text).expect("an echo"))));
        let comparison = compare(options.short_rounds(), &mut ours, &mut peer);
        report.compared(name, &comparison, Bar::Ratio(1.3));
        let mut ours = repeat(|| {
            let results = bindgen.call("echo_string", &[Value::from(&*text)]);
            drop(black_box(results.expect("an echo")));
        });
        let comparison = compare(options.short_rounds(), &mut ours, &mut peer);
        report.compared(&format!("{name}, untyped"), &comparison, Bar::Ratio(1.3));
    }
    let data = vec![1_u8; LARGE];
    let mut copy = vec![0_u8; LARGE];
    let name = "bindgen/10 MB in";
    if options.wants(name) {
        let mut ours = repeat(|| {
            drop(black_box(
                bindgen.call("take_bytes", &[Value::from(&data[..])]).expect("a length"),
            ));
        });
        let mut peer = repeat(|| black_box(&mut copy).copy_from_slice(black_box(&data)));
        report.compared(name, &compare(options.rounds, &mut ours, &mut peer), Bar::Ratio(1.2));
    }
    let name = "bindgen/10 MB in and out";
    if options.wants(name) {
        let mut ours = repeat(|| {
            drop(black_box(bindgen.call("echo_u8s", &[Value::from(&data[..])]).expect("an echo")));
        });
        let mut peer = repeat(|| {
            black_box(&mut copy).copy_from_slice(black_box(&data));
            drop(black_box(black_box(&data).to_vec()));
        });
        report.compared(name, &compare(options.rounds, &mut ours, &mut peer), Bar::Ratio(1.2));
    }
    Ok(())
}
