//! Files that are only in memory, and a directory that a guest may change without changing it.

use std::{env, fs, process};
use wasmspan::wasi::{Input, MemoryFs};
use wasmspan::{Command, Config, Module, Result};

/// Runs SQLite, which was written in C, on the file `app.db` in `files`; gives what it prints.
fn sql(sqlite: &Module, files: &MemoryFs, statements: &str) -> Result<String> {
    let finished = Command::new(sqlite)
        .args(["sqlite", "/data/app.db"])
        .mount(files, "/data")
        .stdin(Input::Bytes(statements.into()))
        .run()?;
    assert!(finished.success(), "{:?}", finished.ending);
    Ok(String::from_utf8_lossy(&finished.stdout).into_owned())
}

fn main() -> Result<()> {
    let sqlite = Module::from_file(&Config::default(), "tests/wasm/sqlite-cli.wasm")?;
    let files = MemoryFs::new();
    sql(&sqlite, &files, "CREATE TABLE t(n); INSERT INTO t VALUES (20), (22);\n")?;
    print!("sum: {}", sql(&sqlite, &files, "SELECT sum(n) FROM t;\n")?);
    println!("files: {}", files.list("")?.join(" "));

    // Over a directory of this machine: the guest sees what is there, and only the memory changes.
    let folder = env::temp_dir().join(format!("wasmspan-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder for the database");
    let database = files.read("app.db")?;
    fs::write(folder.join("app.db"), &database).expect("a database");
    let over = MemoryFs::over(&folder)?;
    sql(&sqlite, &over, "DELETE FROM t;\n")?;
    for change in over.changes()? {
        println!("changes: {} {}", format!("{:?}", change.kind).to_lowercase(), change.path);
    }
    let same = fs::read(folder.join("app.db")).is_ok_and(|now| now == database);
    println!("on disk: {}", if same { "as it was" } else { "changed" });
    fs::remove_dir_all(&folder).expect("the folder can be removed");
    Ok(())
}
