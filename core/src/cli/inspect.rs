//! `wasmspan inspect`: what a module is, for people or as JSON.

use crate::artifact::{self, Identity};
use crate::compile;
use crate::config::{Config, Proposal};
use crate::error::Result;
use crate::executor::{Loader, Module};
use crate::loader;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Shows the module in `file`.
pub(super) fn inspect(file: &Path, as_json: bool, out: &mut dyn Write) -> Result<i32, String> {
    let facts = Facts::of(file).map_err(|error| error.to_string())?;
    let shown = if as_json {
        serde_json::to_string_pretty(&facts.json())
            .map_err(io::Error::from)
            .and_then(|text| writeln!(out, "{text}"))
    } else {
        facts.show(out)
    };
    shown.map(|()| 0).map_err(|error| error.to_string())
}

struct Facts {
    module: Module,
    bytes: u64,
    requires: Vec<Proposal>,
    /// What the code in the file is, or why it cannot be used here.
    compiled: Option<std::result::Result<Identity, String>>,
}

impl Facts {
    fn of(path: &Path) -> Result<Facts> {
        loader::with_file(path, Facts::of_bytes)
    }

    fn of_bytes(file: Arc<[u8]>) -> Result<Facts> {
        let config = Config::default();
        let module = Loader::new(&config).load_bytes(&file)?;
        module.validate()?;
        let compiled = match artifact::may_carry_code(&file) {
            true => artifact::open(&file, Some(&compile::target(&config)?))?
                .code
                .map(|code| code.map(|artifact| artifact.identity)),
            false => None,
        };
        let requires = required(&module);
        Ok(Facts { module, bytes: file.len() as u64, requires, compiled })
    }

    fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        let module = &self.module;
        let info = module.info();
        if let Some(name) = module.name() {
            writeln!(out, "module {name}")?;
        }
        writeln!(out, "size {} bytes, {} functions", self.bytes, info.funcs.len())?;
        for import in module.imports() {
            writeln!(out, "import {:?} {:?} {}", import.module, import.name, import.ty)?;
        }
        for memory in &info.memories[info.imported.memories as usize..] {
            writeln!(out, "{memory}")?;
        }
        for export in module.exports() {
            writeln!(out, "export {:?} {}", export.name, export.ty)?;
        }
        for proposal in &self.requires {
            writeln!(out, "requires {}", proposal.text())?;
        }
        for (field, name, version) in module.producers() {
            let line = format!("{field} {name} {version}");
            writeln!(out, "{}", line.trim_end())?;
        }
        for (name, size) in module.custom_section_sizes() {
            writeln!(out, "custom {name:?} {size} bytes")?;
        }
        match &self.compiled {
            None => Ok(()),
            Some(Err(reason)) => writeln!(out, "compiled code that is not used here: {reason}"),
            Some(Ok(identity)) => {
                let Identity { build, target, kind, .. } = identity;
                writeln!(out, "compiled code for {}", target.triple)?;
                writeln!(out, "compiled by {build}")?;
                writeln!(
                    out,
                    "compiled with {:?}, traps by {:?}, interrupts by {:?}",
                    kind.opt_level, kind.trap_mode, kind.interrupt_mode
                )?;
                writeln!(out, "compiled for processors with {}", target.features.join(" "))
            }
        }
    }

    fn json(&self) -> Value {
        let module = &self.module;
        let info = module.info();
        let imports: Vec<Value> = module
            .imports()
            .iter()
            .map(|import| {
                let (kind, ty) = (import.ty.kind().to_string(), import.ty.to_string());
                json!({"module": import.module, "name": import.name, "kind": kind, "type": ty})
            })
            .collect();
        let exports: Vec<Value> = module
            .exports()
            .iter()
            .map(|export| {
                let (kind, ty) = (export.ty.kind().to_string(), export.ty.to_string());
                json!({"name": export.name, "kind": kind, "type": ty})
            })
            .collect();
        let memories: Vec<Value> = info
            .memories
            .iter()
            .enumerate()
            .map(|(index, memory)| {
                json!({
                    "imported": index < info.imported.memories as usize,
                    "min": memory.limits.min,
                    "max": memory.limits.max,
                    "shared": memory.shared,
                    "memory64": memory.memory64,
                })
            })
            .collect();
        let customs: Vec<Value> = module
            .custom_section_sizes()
            .map(|(name, bytes)| json!({"name": name, "bytes": bytes}))
            .collect();
        let producers: Vec<Value> = module
            .producers()
            .into_iter()
            .map(|(field, name, version)| json!({"field": field, "name": name, "version": version}))
            .collect();
        let requires: Vec<&str> = self.requires.iter().map(|proposal| proposal.text()).collect();
        let compiled = self.compiled.as_ref().map(|compiled| match compiled {
            Err(reason) => json!({"usable": false, "reason": reason}),
            Ok(Identity { build, target, kind, .. }) => json!({
                "usable": true,
                "engine": build,
                "target": target.triple,
                "features": target.features,
                "optimization": format!("{:?}", kind.opt_level),
                "traps": format!("{:?}", kind.trap_mode),
                "interrupts": format!("{:?}", kind.interrupt_mode),
                "metering": format!("{:?}", kind.metering),
            }),
        });
        json!({
            "name": module.name(),
            "bytes": self.bytes,
            "functions": info.funcs.len(),
            "imports": imports,
            "exports": exports,
            "memories": memories,
            "requires": requires,
            "producers": producers,
            "customs": customs,
            "compiled": compiled,
        })
    }
}

/// Proposals without which the module is refused: found by trying.
fn required(module: &Module) -> Vec<Proposal> {
    let refused_without = |proposal: &Proposal| {
        let mut config = Config::default();
        config.proposals.remove(*proposal);
        let loaded = Loader::new(&config).load_bytes(module.bytes());
        loaded.and_then(|module| module.validate()).is_err()
    };
    let finished = Proposal::ALL.iter().copied().filter(|proposal| proposal.is_finished());
    finished.filter(refused_without).collect()
}
