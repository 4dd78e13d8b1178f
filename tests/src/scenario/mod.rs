//! The scenarios of `tests/scenarios`, replayed in Rust; its README says what they are made of.

pub mod host;
pub mod report;
pub mod value;

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use value::{Objects, Outcome, check_failure, field, from_hex, number, text, texts, to_hex};
use wasmspan::bindgen::{Bindgen, CallError, Heap, Span};
use wasmspan::config::{Limits, StatisticsOptions};
use wasmspan::wasi::Input;
use wasmspan::{
    Command, Compiler, Config, ErrCode, Error, Executor, ExternType, FuncType, Instance, Interrupt,
    Module, Store, Val, Wasi,
};

/// Where the scenarios are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Every scenario's name and content, sorted.
pub fn all() -> Vec<(String, Json)> {
    let mut all: Vec<(String, Json)> = std::fs::read_dir(folder().join("cases"))
        .expect("the folder is readable")
        .map(|entry| entry.expect("a readable folder").path())
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a text");
            let scenario =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, scenario)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Replays a scenario.
pub fn replay(scenario: &Json) -> Outcome {
    let mut runner = Runner::default();
    let steps = field(scenario, "steps")?.as_array().ok_or("the steps should be a list")?;
    for (at, step) in steps.iter().enumerate() {
        runner.step(step).map_err(|error| format!("step {}: {error}", at + 1))?;
    }
    Ok(())
}

struct Made {
    instance: Instance,
    executor: Executor,
    bindgen: Option<Bindgen>,
}

/// What the steps of one scenario have made.
#[derive(Default)]
struct Runner {
    store: Store,
    modules: BTreeMap<String, Module>,
    instances: BTreeMap<String, Made>,
    objects: Objects,
    record: host::Record,
}

/// How a step ended, if nothing is wrong with the step itself.
enum Ended {
    Nothing,
    Values(Vec<Val>),
    Json(Json),
    Bindgen(Vec<wasmspan::bindgen::Value<'static>>),
    Failed(CallError),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Ended {
        Ended::Failed(error.into())
    }
}

fn name_of<'a>(step: &'a Json, kind: &str) -> Outcome<&'a str> {
    step.get(kind).map_or(Ok("main"), text)
}

fn limits(json: Option<&Json>) -> Outcome<Option<Limits>> {
    json.map(|json| Limits::from_json(&json.to_string()).map_err(|error| error.to_string()))
        .transpose()
}

impl Runner {
    fn step(&mut self, step: &Json) -> Outcome {
        let ended = match text(field(step, "do")?)? {
            "host" => self.host(step),
            "module" => self.module(step),
            "instance" => self.instantiate(step),
            "call" => self.call(step),
            "recorded" => return self.recorded(step),
            "memory" => self.memory(step),
            "global" => self.global(step),
            "table" => self.table(step),
            "statistics" => self.statistics(step),
            "exports" | "imports" => self.types(step),
            "command" => return self.command(step),
            "bindgen" => self.bindgen(step),
            "heap" => self.heap(step),
            other => Err(format!("no step does \"{other}\"")),
        }?;
        known_fields(step)?;
        match (ended, step.get("fails"), step.get("gives")) {
            (Ended::Failed(error), Some(wanted), _) => check_failure(&error, wanted),
            (Ended::Failed(error), None, _) => Err(error.to_string()),
            (_, Some(wanted), _) => Err(format!("it succeeded instead of failing with {wanted}")),
            (_, None, None) => Ok(()),
            (Ended::Values(values), None, Some(Json::String(wanted))) => {
                self.objects.compare(&values, &Json::from(vec![wanted.as_str()]))
            }
            (Ended::Values(values), None, Some(wanted)) => self.objects.compare(&values, wanted),
            (Ended::Bindgen(values), None, Some(wanted)) => {
                let texts = texts(wanted)?;
                let wanted: Vec<_> =
                    texts.into_iter().map(value::bindgen_value).collect::<Outcome<_>>()?;
                if values == wanted {
                    Ok(())
                } else {
                    Err(format!("{values:?} instead of {wanted:?}"))
                }
            }
            (Ended::Json(json), None, Some(wanted)) if json == *wanted => Ok(()),
            (Ended::Json(json), None, Some(wanted)) => Err(format!("{json} instead of {wanted}")),
            (Ended::Nothing, None, Some(wanted)) => Err(format!("nothing instead of {wanted}")),
        }
    }

    fn made(&self, step: &Json) -> Outcome<&Made> {
        let name = name_of(step, "instance")?;
        self.instances.get(name).ok_or_else(|| format!("there is no instance \"{name}\""))
    }

    fn module_of(&self, step: &Json) -> Outcome<&Module> {
        let name = name_of(step, "module")?;
        self.modules.get(name).ok_or_else(|| format!("there is no module \"{name}\""))
    }

    fn host(&mut self, step: &Json) -> Outcome<Ended> {
        let module = Instance::host(text(field(step, "name")?)?);
        for (name, described) in
            field(step, "functions")?.as_object().ok_or("functions should be an object")?
        {
            let func = host::func(described, &self.objects, &self.record)?;
            module.define(name, func).map_err(|error| error.to_string())?;
        }
        Ok(self
            .store
            .register(module.name(), &module)
            .map_or_else(Ended::from, |()| Ended::Nothing))
    }

    fn module(&mut self, step: &Json) -> Outcome<Ended> {
        let bytes = if let Some(lines) = step.get("wat") {
            texts(lines)?.join("\n").into_bytes()
        } else if let Some(file) = step.get("file") {
            let file = folder().parent().expect("in tests").join("wasm").join(text(file)?);
            std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?
        } else {
            from_hex(text(field(step, "hex")?)?)?
        };
        let made = match step.get("compiled").and_then(Json::as_bool) {
            Some(true) => Compiler::new(&Config::default())
                .compile_to_bytes(&bytes)
                .and_then(|bytes| Module::load_compiled(&Config::default(), bytes)),
            _ => Module::new(bytes),
        };
        match made {
            Ok(module) => {
                if step.get("compiled") == Some(&Json::Bool(true)) && !module.is_precompiled() {
                    return Err("the compiled code was not taken".into());
                }
                self.modules.insert(name_of(step, "as")?.to_string(), module);
                Ok(Ended::Nothing)
            }
            Err(error) => Ok(error.into()),
        }
    }

    fn instantiate(&mut self, step: &Json) -> Outcome<Ended> {
        let mut config =
            Config { limits: limits(step.get("limits"))?.unwrap_or_default(), ..Config::default() };
        if step.get("measure").and_then(Json::as_bool) == Some(true) {
            config.statistics = StatisticsOptions {
                instruction_counting: true,
                cost_measuring: true,
                time_measuring: false,
            };
        }
        let executor = Executor::new(&config);
        if let Some(settings) = step.get("wasi") {
            let mut wasi = Wasi::builder().stdin(Input::Null);
            for arg in settings.get("args").map(texts).transpose()?.unwrap_or_default() {
                wasi = wasi.arg(arg);
            }
            for (name, value) in settings.get("env").and_then(Json::as_object).into_iter().flatten()
            {
                wasi = wasi.env(name, text(value)?);
            }
            if let Some(input) = settings.get("stdin") {
                wasi = wasi.stdin(Input::Bytes(text(input)?.into()));
            }
            let wasi = wasi.build().map_err(|error| error.to_string())?;
            let registered = self.store.register(wasi.instance().name(), wasi.instance());
            registered.map_err(|error| error.to_string())?;
        }
        let module = self.module_of(step)?;
        let made = match step.get("register") {
            Some(name) => executor.register(&self.store, module, text(name)?),
            None => executor.instantiate(&self.store, module),
        };
        match made {
            Ok(instance) => {
                let made = Made { instance, executor, bindgen: None };
                self.instances.insert(name_of(step, "as")?.to_string(), made);
                Ok(Ended::Nothing)
            }
            Err(error) => Ok(error.into()),
        }
    }

    fn call(&self, step: &Json) -> Outcome<Ended> {
        let Made { instance, executor, .. } = self.made(step)?;
        let name = text(field(step, "function")?)?;
        let args = self.objects.vals(step.get("args"))?;
        let Some(func) = instance.get_func(name) else {
            return Ok(instance.call(name, &args).map_or_else(Ended::from, Ended::Values));
        };
        let call = || match limits(step.get("within"))? {
            Some(limits) => Ok(executor.invoke_within(&func, &args, &limits)),
            None => Ok(executor.invoke(&func, &args)),
        };
        let Some(time) = step.get("cancel_after_ms") else {
            return call().map(|result| result.map_or_else(Ended::from, Ended::Values));
        };
        let (interrupt, time) = (Interrupt::new(), Duration::from_millis(number(time)?));
        let result = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(time);
                interrupt.interrupt();
            });
            interrupt.run(|| call().map_err(Error::host).flatten())
        });
        Ok(result.map_or_else(Ended::from, Ended::Values))
    }

    fn recorded(&self, step: &Json) -> Outcome {
        known_fields(step)?;
        let calls = std::mem::take(&mut *self.record.lock().expect("no panic"));
        let wanted = field(step, "gives")?.as_array().ok_or("calls should be a list")?;
        if calls.len() != wanted.len() {
            return Err(format!("{calls:?} instead of {wanted:?}"));
        }
        calls.iter().zip(wanted).try_for_each(|(call, wanted)| self.objects.compare(call, wanted))
    }

    fn memory(&self, step: &Json) -> Outcome<Ended> {
        let name = step.get("memory").map_or(Ok("memory"), text)?;
        let memory = self.made(step)?.instance.get_memory(name).ok_or("there is no such memory")?;
        let number = |name| number(field(step, name)?);
        let ended = match text(field(step, "op")?)? {
            "pages" => Ok(Ended::Json(memory.pages().into())),
            "grow" => memory.grow(number("by")?).map(|old| Ended::Json(old.into())),
            "read" => memory
                .read_vec(number("at")? as usize, number("len")? as usize)
                .map(|bytes| Ended::Json(to_hex(&bytes).into())),
            "write" => {
                let bytes = from_hex(text(field(step, "bytes")?)?)?;
                memory.write(number("at")? as usize, &bytes).map(|()| Ended::Nothing)
            }
            other => return Err(format!("a memory has no \"{other}\"")),
        };
        Ok(ended.unwrap_or_else(Ended::from))
    }

    fn global(&self, step: &Json) -> Outcome<Ended> {
        let name = text(field(step, "global")?)?;
        let global = self.made(step)?.instance.get_global(name).ok_or("there is no such global")?;
        match text(field(step, "op")?)? {
            "get" => Ok(Ended::Values(vec![global.get()])),
            "set" => {
                let value = self.objects.val(text(field(step, "value")?)?)?;
                Ok(global.set(&value).map_or_else(Ended::from, |()| Ended::Nothing))
            }
            other => Err(format!("a global has no \"{other}\"")),
        }
    }

    fn table(&self, step: &Json) -> Outcome<Ended> {
        let name = text(field(step, "table")?)?;
        let table = self.made(step)?.instance.get_table(name).ok_or("there is no such table")?;
        let number = |name| number(field(step, name)?);
        let ended = match text(field(step, "op")?)? {
            "size" => Ok(Ended::Json(table.len().into())),
            "grow" => {
                let null = Val::default_for(table.ty().element.into());
                table.grow(number("by")?, &null).map(|old| Ended::Json(old.into()))
            }
            "get" => table.get(number("at")?).map(|value| Ended::Values(vec![value])),
            "set" => {
                let value = self.objects.val(text(field(step, "value")?)?)?;
                table.set(number("at")?, &value).map(|()| Ended::Nothing)
            }
            other => return Err(format!("a table has no \"{other}\"")),
        };
        Ok(ended.unwrap_or_else(Ended::from))
    }

    fn statistics(&self, step: &Json) -> Outcome<Ended> {
        let statistics = self.made(step)?.executor.statistics();
        Ok(Ended::Json(serde_json::json!({
            "instructions": statistics.instruction_count(),
            "cost": statistics.total_cost(),
        })))
    }

    fn types(&self, step: &Json) -> Outcome<Ended> {
        let module = self.module_of(step)?;
        let list: Vec<String> = match field(step, "do")?.as_str() {
            Some("imports") => module
                .imports()
                .iter()
                .map(|import| {
                    format!("{} {} {}", import.module, import.name, described(&import.ty))
                })
                .collect(),
            _ => module
                .exports()
                .iter()
                .map(|export| format!("{} {}", export.name, described(&export.ty)))
                .collect(),
        };
        Ok(Ended::Json(list.into()))
    }

    fn command(&self, step: &Json) -> Outcome {
        known_fields(step)?;
        let mut command = Command::new(self.module_of(step)?);
        for arg in step.get("args").map(texts).transpose()?.unwrap_or_default() {
            command = command.arg(arg);
        }
        for (name, value) in step.get("env").and_then(Json::as_object).into_iter().flatten() {
            command = command.env(name, text(value)?);
        }
        if let Some(input) = step.get("stdin") {
            command = command.stdin(Input::Bytes(text(input)?.into()));
        }
        if let Some(limits) = limits(step.get("within"))? {
            command = command.timeout(Duration::from_millis(limits.time_ms.ok_or("only time")?));
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        if let Some(files) = step.get("files").and_then(Json::as_object) {
            for (path, content) in files {
                let path = folder.path().join(path);
                std::fs::create_dir_all(path.parent().expect("below the folder"))
                    .map_err(|e| e.to_string())?;
                std::fs::write(path, text(content)?).map_err(|error| error.to_string())?;
            }
            command = match step.get("read_only").and_then(Json::as_bool) {
                Some(true) => command.preopen_read_only(folder.path(), "/data"),
                _ => command.preopen(folder.path(), "/data"),
            };
        }
        let finished = command.run();
        let finished =
            match (finished.map(|finished| (finished.ending.clone(), finished)), step.get("fails"))
            {
                (Ok((wasmspan::command::Ending::Failed(error), _)) | Err(error), Some(wanted)) => {
                    return check_failure(&error.into(), wanted);
                }
                (Ok((wasmspan::command::Ending::TimedOut, _)), Some(wanted)) => {
                    return check_failure(&Error::new(ErrCode::Interrupted).into(), wanted);
                }
                (Ok((_, finished)), None) => finished,
                (Err(error), None) => return Err(error.to_string()),
                (Ok((ending, _)), Some(_)) => {
                    return Err(format!("{ending:?} instead of a failure"));
                }
            };
        for (what, wanted) in step.get("gives").and_then(Json::as_object).into_iter().flatten() {
            let got = match what.as_str() {
                "exit" => finished.exit_code().map_or(Json::Null, Json::from),
                "stdout" => String::from_utf8_lossy(&finished.stdout).into(),
                "stderr" => String::from_utf8_lossy(&finished.stderr).into(),
                "files" => {
                    let wanted = wanted.as_object().ok_or("files should be an object")?;
                    let read = |path: &String| std::fs::read_to_string(folder.path().join(path));
                    wanted
                        .keys()
                        .map(|path| (path.clone(), read(path).map_or(Json::Null, Json::from)))
                        .collect()
                }
                other => return Err(format!("a command gives no \"{other}\"")),
            };
            if got != *wanted {
                return Err(format!("{what}: {got} instead of {wanted}; {:?}", finished.ending));
            }
        }
        Ok(())
    }

    fn bindgen(&mut self, step: &Json) -> Outcome<Ended> {
        let name = name_of(step, "instance")?;
        let made = self
            .instances
            .get_mut(name)
            .ok_or_else(|| format!("there is no instance \"{name}\""))?;
        let args = step.get("args").map(texts).transpose()?.unwrap_or_default();
        let args: Vec<_> = args.into_iter().map(value::bindgen_value).collect::<Outcome<_>>()?;
        if made.bindgen.is_none() {
            match Bindgen::new(&made.instance) {
                Ok(bindgen) => made.bindgen = Some(bindgen),
                Err(error) => return Ok(error.into()),
            }
        }
        let bindgen = made.bindgen.as_ref().expect("just made");
        Ok(bindgen
            .call(text(field(step, "function")?)?, &args)
            .map_or_else(Ended::Failed, Ended::Bindgen))
    }

    fn heap(&self, step: &Json) -> Outcome<Ended> {
        let instance = &self.made(step)?.instance;
        let call = || -> wasmspan::Result<Outcome<Ended>> {
            let heap = Heap::new(instance)?;
            let span = match (step.get("text"), step.get("bytes")) {
                (Some(Json::String(text)), None) => heap.put_string(text)?,
                (None, Some(Json::String(digits))) => {
                    heap.put_bytes(&from_hex(digits).map_err(Error::host)?)?
                }
                _ => return Ok(Err("a text or bytes are needed".into())),
            };
            let name = field(step, "function").and_then(text).map_err(Error::host)?;
            let mut args = vec![Val::I32(span.address as i32)];
            if instance.func_type(name).is_some_and(|ty| ty.params().len() == 2) {
                args.push(Val::I32(span.length as i32));
            }
            let results = instance.call(name, &args)?;
            heap.free(span.address)?;
            let returned = match step.get("returns").and_then(Json::as_str).unwrap_or("string") {
                "i32" => return Ok(Ok(Ended::Values(results))),
                "packed" => Span::from_packed(results[0].i64().unwrap_or(0) as u64),
                _ => Span { address: results[0].i32().unwrap_or(0) as u32, length: 0 },
            };
            Ok(Ok(Ended::Json(match step.get("returns").and_then(Json::as_str) {
                Some("packed") => heap.get_string(returned.address, Some(returned.length))?.into(),
                Some("bytes") => to_hex(&heap.get_bytes(returned.address, None)?).into(),
                _ => heap.get_string(returned.address, None)?.into(),
            })))
        };
        call().unwrap_or_else(|error| Ok(error.into()))
    }
}

/// The kind of an import or export, and the type of a function.
fn described(ty: &ExternType) -> String {
    let list = |types: &[wasmspan::ValType]| {
        types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(" ")
    };
    let signature =
        |ty: &FuncType| format!("func ({}) -> ({})", list(ty.params()), list(ty.results()));
    match ty {
        ExternType::Func(ty) => signature(ty),
        ExternType::Table(_) => "table".into(),
        ExternType::Memory(_) => "memory".into(),
        ExternType::Global(_) => "global".into(),
        ExternType::Unknown(_) => "unknown".into(),
    }
}

/// Fails for a field that the step doesn't have, which would do nothing.
fn known_fields(step: &Json) -> Outcome {
    let known: &[&str] = match step["do"].as_str().unwrap_or("") {
        "host" => &["name", "functions"],
        "module" => &["as", "wat", "file", "hex", "compiled"],
        "instance" => &["as", "module", "register", "limits", "measure", "wasi"],
        "call" => &["instance", "function", "args", "within", "cancel_after_ms"],
        "memory" => &["instance", "memory", "op", "at", "len", "by", "bytes"],
        "global" => &["instance", "global", "op", "value"],
        "table" => &["instance", "table", "op", "at", "by", "value"],
        "statistics" => &["instance"],
        "exports" | "imports" => &["module"],
        "command" => &["module", "args", "env", "stdin", "files", "read_only", "within"],
        "bindgen" => &["instance", "function", "args"],
        "heap" => &["instance", "function", "text", "bytes", "returns"],
        _ => &[],
    };
    let fields = step.as_object().ok_or("a step should be an object")?.keys();
    match fields.into_iter().find(|name| {
        !["do", "gives", "fails"].contains(&name.as_str()) && !known.contains(&name.as_str())
    }) {
        None => Ok(()),
        Some(name) => Err(format!("the step has no field \"{name}\"")),
    }
}
