//! An HTTP server that runs untrusted handlers: each request gets a fresh instance, so much time and so much memory.
//!
//! `server-deadline [PORT [DEADLINE]]`, then: `curl localhost:8080/double/21`, `/spin`, `/grow`, `/trap`

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use wasmspan::config::Limits;
use wasmspan::{Config, Executor, Func, Instance, Module, Pool, Store, Val};

// What users uploaded. Compiled once; instances share the code and nothing else.
const HANDLERS: &str = r#"(module
    (import "host" "lookup" (func $lookup (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "double") (param i32) (result i32) (i32.mul (call $lookup (local.get 0)) (i32.const 2)))
    (func (export "spin") (param i32) (result i32) (loop (br 0)) (unreachable))
    (func (export "grow") (param i32) (result i32)
        (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))
    (func (export "trap") (param i32) (result i32) (unreachable)))"#;

/// Status and text for a path.
fn handle(executor: &Executor, pool: &Pool, path: &str) -> wasmspan::Result<(u16, String)> {
    let (name, argument) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    let instance = pool.get_timeout(Duration::from_secs(5))?;
    let Some(handler) = instance.get_func(name) else {
        return Ok((404, "no such handler".into()));
    };
    match executor.invoke(&handler, &[Val::I32(argument.parse().unwrap_or(0))]) {
        Ok(results) => Ok((200, results[0].i32().unwrap_or_default().to_string())),
        Err(error) if error.is_timeout() => Ok((504, "the handler ran out of time".into())),
        Err(error) => Ok((500, error.message().into())),
    }
}

/// Reads a request and answers it.
fn serve(executor: &Executor, pool: &Pool, client: TcpStream) -> Result<(), Box<dyn Error>> {
    let mut lines = BufReader::new(&client).lines();
    let request = lines.next().ok_or("no request")??;
    // Headers, and the empty line behind them.
    lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
    let path = request.split(' ').nth(1).unwrap_or("/");
    let (status, text) =
        handle(executor, pool, path).unwrap_or_else(|error| (503, error.to_string()));
    write!(&client, "HTTP/1.1 {status} \r\nconnection: close\r\n\r\n{text}\n")?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let port: u16 = args.next().map_or(Ok(8080), |port| port.parse())?;
    let deadline = args.next().map_or(Ok(100), |time| time.parse())?; // milliseconds for each request
    let limits = Limits { time_ms: Some(deadline), memory_pages: Some(16), ..Limits::default() };
    let config = Config { limits, ..Config::default() };

    let host = Instance::host("host");
    host.define("lookup", Func::wrap(|key: i32| key)?)?;
    let store = Store::new();
    store.register("host", &host)?;
    let executor = Executor::new(&config);
    let handlers = Module::with_config(&config, HANDLERS)?;
    let pool = Pool::with_executor(&executor, &handlers, &store, 100)?;

    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("listening on {}", listener.local_addr()?.port());
    for client in listener.incoming().flatten() {
        let (executor, pool) = (executor.clone(), pool.clone());
        thread::spawn(move || {
            serve(&executor, &pool, client).unwrap_or_else(|why| eprintln!("{why}"))
        });
    }
    Ok(())
}
