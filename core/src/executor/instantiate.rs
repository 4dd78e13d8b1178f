//! Makes an instance: memories, context, segments, start function.

use super::Executor;
use super::module::Module;
use super::report::reported;
use crate::config::{Config, TrapMode};
use crate::error::Result;
use crate::limits;
use crate::module::{ModuleInfo, SegmentMode};
use crate::runtime::{
    Extern, Instance, Memory, MemoryImage, MemoryKind, Metered, Permit, WasmInstance, check_stop,
    within,
};
use crate::validator;

/// Instantiates `module` with checked imports; all of it within the executor's limits.
pub(super) fn instantiate(
    executor: &Executor,
    module: &Module,
    imports: Box<[Extern]>,
    name: &str,
) -> Result<Instance> {
    within(&executor.config.limits, || instantiate_now(executor, module, imports, name))
}

fn instantiate_now(
    executor: &Executor,
    module: &Module,
    imports: Box<[Extern]>,
    name: &str,
) -> Result<Instance> {
    let Executor { config, statistics, .. } = executor;
    let permit = Permit::get(&executor.instances, config.limits.instances)?;
    let info = module.info();
    validator::check_capacity(info)?;
    let images = module.images();
    let memories = memories(config, info, &imports, images)?;
    // Code without bounds checks needs guards around every memory it uses.
    let guarded = memories.iter().all(|memory| memory.is_guarded() || memory.ty().memory64);
    let trap_mode = if guarded { config.trap_mode } else { TrapMode::Checks };
    let metering = config.statistics.metering(statistics.costs().is_unit());
    let code = module.code(config, trap_mode, metering)?;
    let metered = Metered::new(config, statistics);
    if let Some(metered) = &metered {
        metered.count_constants(info)?;
    }
    let instance =
        WasmInstance::make(name.into(), config, metered.clone(), permit, code, imports, memories)?;
    let wasm = instance.wasm().expect("just made from a wasm module");
    apply_segments(wasm, images)?;
    if let Some(start) = info.start {
        match &metered {
            None => wasm.call_start(start)?,
            Some(metered) => reported(metered, || metered.run(|| wasm.call_start(start)))?,
        }
    }
    Ok(instance)
}

fn memories(
    config: &Config,
    info: &ModuleInfo,
    imports: &[Extern],
    images: &[Option<MemoryImage>],
) -> Result<Box<[Memory]>> {
    let mut memories = Vec::with_capacity(info.memories.len());
    memories.extend(imports.iter().filter_map(|import| match import {
        Extern::Memory(memory) => Some(memory.clone()),
        _ => None,
    }));
    let kind = match config.trap_mode {
        TrapMode::Signals => MemoryKind::Guarded,
        TrapMode::Checks => MemoryKind::Checked,
    };
    for (index, ty) in info.memories.iter().enumerate().skip(memories.len()) {
        let most = if ty.memory64 && config.max_memory_pages == limits::MAX_MEMORY_PAGES {
            limits::MAX_MEMORY64_PAGES
        } else {
            u64::from(config.max_memory_pages)
        };
        let image = images.get(index).and_then(Option::as_ref);
        memories.push(Memory::with_kind(*ty, kind, most, image)?);
    }
    Ok(memories.into())
}

/// Applies the active segments in order; what was written stays when a later one traps. Memories
/// that were made from an image have their data.
fn apply_segments(instance: &WasmInstance, images: &[Option<MemoryImage>]) -> Result<()> {
    let in_place = |memory: u32| {
        let imaged = images.get(memory as usize).is_some_and(Option::is_some);
        imaged && instance.memories[memory as usize].has_image()
    };
    let info = &instance.code.info;
    for (index, segment) in info.elements.iter().enumerate() {
        check_stop()?;
        let index_u32 = index as u32;
        match &segment.mode {
            SegmentMode::Passive => {}
            SegmentMode::Declared => instance.drop_element(index_u32),
            SegmentMode::Active { index: table, offset } => {
                let to = offset_of(instance, offset, info.tables[*table as usize].ty.table64);
                let len = segment.items.len() as u64;
                instance.table_init(*table, index_u32, to, 0, len).map_err(|error| {
                    error.in_nodes(&["element segment", "element section", "module"])
                })?;
                instance.drop_element(index_u32);
            }
        }
    }
    for (index, segment) in info.data.iter().enumerate() {
        check_stop()?;
        if let SegmentMode::Active { index: memory, offset } = &segment.mode {
            if !in_place(*memory) {
                let to = offset_of(instance, offset, info.memories[*memory as usize].memory64);
                let len = segment.range.len() as u64;
                instance
                    .memory_init(*memory, index as u32, to, 0, len)
                    .map_err(|error| error.in_nodes(&["data segment", "data section", "module"]))?;
            }
            instance.drop_data(index as u32);
        }
    }
    Ok(())
}

/// Value of a segment's offset expression.
fn offset_of(instance: &WasmInstance, offset: &crate::module::ConstExpr, wide: bool) -> u64 {
    let raw = instance.evaluate(offset);
    if wide { raw as u64 } else { u64::from(raw as u32) }
}
